using System.Diagnostics;
using System.Numerics;

namespace OrleansStream.Load.Reporting;

/// <summary>Counts latencies in buckets no wider than 1.6 % of their value. Thread-safe.</summary>
internal sealed class LatencyHistogram
{
    private const int SubBucketBits = 6;
    private const int SubBuckets = 1 << SubBucketBits;

    // The smallest values have a bucket each, every power of two after them has as many again.
    private readonly long[] _counts = new long[(64 - SubBucketBits + 1) * SubBuckets];

    public long Count
    {
        get
        {
            var count = 0L;
            foreach (var bucket in _counts)
            {
                count += bucket;
            }

            return count;
        }
    }

    /// <param name="ticks">Of <see cref="Stopwatch"/>.</param>
    public void Add(long ticks) => Interlocked.Increment(ref _counts[BucketOf(Math.Max(0, ticks))]);

    public LatencySummary Summarize() => new(Percentile(0.5), Percentile(0.99), Percentile(0.999));

    /// <summary>The time within which this share of the operations was done.</summary>
    public TimeSpan Percentile(double share)
    {
        var remaining = (long)Math.Ceiling(Count * share);
        for (var bucket = 0; bucket < _counts.Length; bucket++)
        {
            remaining -= _counts[bucket];
            if (remaining <= 0)
            {
                return Stopwatch.GetElapsedTime(0, UpperBound(bucket));
            }
        }

        return TimeSpan.Zero;
    }

    private static int BucketOf(long ticks)
    {
        if (ticks < SubBuckets)
        {
            return (int)ticks;
        }

        var exponent = BitOperations.Log2((ulong)ticks) - SubBucketBits;
        return ((exponent + 1) * SubBuckets) + (int)(ticks >> exponent) - SubBuckets;
    }

    private static long UpperBound(int bucket)
    {
        if (bucket < SubBuckets)
        {
            return bucket;
        }

        var exponent = (bucket / SubBuckets) - 1;
        return ((long)(bucket % SubBuckets) + SubBuckets + 1) << exponent;
    }
}
