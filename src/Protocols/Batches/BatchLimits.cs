using OrleansStream.Contracts;

namespace OrleansStream.Protocols.Batches;

/// <summary>What a topic demands of a batch when it arrives. Times are in milliseconds, since 1970 or apart.</summary>
/// <param name="MaxTimestampAge">How far a producer's timestamp may lie before <paramref name="Now"/>.</param>
/// <param name="MaxTimestampLead">How far a producer's timestamp may lie after <paramref name="Now"/>.</param>
/// <param name="NeedsKeys">Whether every record must have a key, as in a compacted topic.</param>
public readonly record struct BatchLimits(
    int MaxBatchBytes,
    TimestampType TimestampType,
    long Now,
    long MaxTimestampAge,
    long MaxTimestampLead,
    bool NeedsKeys = false)
{
    /// <summary>What a batch may grow to where it has to be decompressed.</summary>
    public const int MaxDecompressedBytes = 64 * 1_024 * 1_024;

    /// <summary>Stands for "no timestamp" in a record and in a batch.</summary>
    public const long NoTimestamp = -1;

    public static BatchLimits Of(TopicConfig topic, long now)
        => new(
            topic.MaxBatchBytes,
            topic.TimestampType,
            now,
            topic.MaxTimestampAge,
            topic.MaxTimestampLead,
            NeedsKeys: topic.IsCompacted);

    /// <summary>Whether a producer's timestamp is near enough to the clock, or absent, or not looked at.</summary>
    public bool Allow(long timestamp)
        => TimestampType == TimestampType.LogAppendTime
            || timestamp == NoTimestamp
            || (timestamp >= Subtract(Now, MaxTimestampAge) && timestamp <= Add(Now, MaxTimestampLead));

    // Age and lead are never negative and may be long.MaxValue, which means no limit.
    private static long Subtract(long time, long age)
        => time < long.MinValue + age ? long.MinValue : time - age;

    private static long Add(long time, long lead)
        => time > long.MaxValue - lead ? long.MaxValue : time + lead;
}
