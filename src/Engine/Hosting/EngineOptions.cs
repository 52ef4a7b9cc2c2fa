using System.ComponentModel.DataAnnotations;
using OrleansStream.Engine.Groups;
using OrleansStream.Engine.Hosting.Journals;

namespace OrleansStream.Engine.Hosting;

/// <summary>What the engine may use and when it tidies up. Bound from <c>Engine</c> and checked at start.</summary>
public sealed class EngineOptions
{
    public JournalOptions Journal { get; init; } = new();

    public GroupOptions Groups { get; init; } = new();

    /// <summary>
    /// The bytes of batches held in memory until they are in segments. Half of it is where segments are written early,
    /// all of it is where appends wait. 512 MiB is about a second of what a local disk takes in.
    /// </summary>
    [Range(1L << 20, 1L << 40)]
    public long MemoryBytes { get; init; } = 512L << 20;

    /// <summary>The bytes that reads of segments may hold at once; more reads wait.</summary>
    [Range(1L << 20, 1L << 40)]
    public long ReadBytes { get; init; } = 256L << 20;

    /// <summary>How many reads or appends may wait for memory; one more is refused at once.</summary>
    [Range(1, 1_000_000)]
    public int MaxWaiters { get; init; } = 10_000;

    /// <summary>
    /// The bytes of segments kept in memory where reading them is a request over a network. A consumer that catches up
    /// takes 1.5 to 3 MiB of it, so the default does for about a hundred.
    /// </summary>
    [Range(1L << 20, 1L << 40)]
    public long CacheBytes { get; init; } = 256L << 20;

    /// <summary>How many segments are kept open for reading. Each takes a file descriptor and its index.</summary>
    [Range(16, 1_000_000)]
    public int OpenSegments { get; init; } = 1_024;

    /// <summary>
    /// The bytes that the indexes of open segments take; beyond it fewer segments stay open. The index of 64 MiB takes
    /// up to 400 KB, so the default does for what 300 consumers read at a time.
    /// </summary>
    [Range(1L << 20, 1L << 40)]
    public long IndexBytes { get; init; } = 128L << 20;

    /// <summary>A partition that got nothing for so long has its tail written to a segment.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "1.00:00:00")]
    public TimeSpan IdleFlush { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How often retention, merging and compaction are looked at. Flushing is looked at every second, or at once under
    /// pressure.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "1.00:00:00")]
    public TimeSpan RetentionInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// What a compaction may remember keys in, 20 bytes for each: with the default, over 6 million different keys are
    /// compacted at a time. One partition is compacted after the other, and a larger one in several passes. No more
    /// than 2 GiB are used.
    /// </summary>
    [Range(1L << 20, 1L << 40)]
    public long CompactionBytes { get; init; } = 128L << 20;

    /// <summary>How long an idempotent producer is remembered after its last batch; Kafka's default.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "365.00:00:00")]
    public TimeSpan ProducerExpiration { get; init; } = TimeSpan.FromDays(1);

    /// <summary>How many partitions a topic gets that does not say.</summary>
    [Range(1, 10_000)]
    public int DefaultPartitionCount { get; init; } = 1;
}
