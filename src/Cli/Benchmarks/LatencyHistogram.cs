namespace OrleansStream.Cli.Benchmarks;

/// <summary>Counts durations in buckets that grow by a fifth, so that any percentile is known to a tenth.</summary>
/// <remarks>One writer; readers may see it while it changes.</remarks>
internal sealed class LatencyHistogram
{
    private const double Growth = 1.2;
    private const double FirstBucketMs = 0.01;
    private const int BucketCount = 128;

    private readonly long[] _counts = new long[BucketCount];

    public long Count { get; private set; }

    public double MaxMs { get; private set; }

    public void Add(TimeSpan duration)
    {
        var milliseconds = duration.TotalMilliseconds;
        var bucket = (int)Math.Ceiling(Math.Log(Math.Max(milliseconds, FirstBucketMs) / FirstBucketMs, Growth));
        _counts[Math.Min(bucket, BucketCount - 1)]++;
        Count++;
        MaxMs = Math.Max(MaxMs, milliseconds);
    }

    /// <summary>The duration that a part of all were within: the upper end of a bucket.</summary>
    /// <param name="part">From 0 to 1.</param>
    public double Percentile(double part)
    {
        var rank = (long)Math.Ceiling(part * Count);
        var seen = 0L;
        for (var bucket = 0; bucket < BucketCount; bucket++)
        {
            seen += _counts[bucket];
            if (seen >= rank && seen > 0)
            {
                return Math.Min(UpperMs(bucket), MaxMs);
            }
        }

        return 0;
    }

    /// <summary>How many were within each power of two of milliseconds that occurred.</summary>
    public IReadOnlyList<(double UpToMs, long Count)> ByDoubling()
    {
        var groups = new SortedDictionary<double, long>();
        for (var bucket = 0; bucket < BucketCount; bucket++)
        {
            if (_counts[bucket] > 0)
            {
                var upper = Math.Pow(2, Math.Ceiling(Math.Log2(UpperMs(bucket))));
                groups[upper] = groups.GetValueOrDefault(upper) + _counts[bucket];
            }
        }

        return [.. groups.Select(group => (group.Key, group.Value))];
    }

    private static double UpperMs(int bucket) => FirstBucketMs * Math.Pow(Growth, bucket);
}
