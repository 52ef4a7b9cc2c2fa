using System.ComponentModel.DataAnnotations;

namespace OrleansStream.Engine.Groups;

/// <summary>What consumer groups may do and how long they are remembered. Bound from <c>Engine:Groups</c>.</summary>
public sealed class GroupOptions
{
    /// <summary>
    /// How many partitions hold groups. Applies when the first group is made, and stays. Eight let as many commits
    /// be on their way to the journal at once.
    /// </summary>
    [Range(1, 1_000)]
    public int PartitionCount { get; init; } = 8;

    /// <summary>The shortest session timeout a member may ask for; Kafka's default.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "1.00:00:00")]
    public TimeSpan MinSessionTimeout { get; init; } = TimeSpan.FromSeconds(6);

    /// <summary>The longest session timeout a member may ask for; Kafka's default.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "1.00:00:00")]
    public TimeSpan MaxSessionTimeout { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>
    /// How long the first member of a group waits for others, so that a fleet that starts makes one rebalance of it.
    /// Kafka's default.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan InitialRebalanceDelay { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// How many members a group may have. Each rebalance sends every member's metadata to the leader.
    /// </summary>
    [Range(1, 100_000)]
    public int MaxGroupSize { get; init; } = 1_000;

    /// <summary>
    /// How many bytes of metadata the members of a group may have together, and of assignments. A group is one record.
    /// </summary>
    [Range(1 << 10, 1 << 24)]
    public int MaxGroupBytes { get; init; } = 1 << 22;

    /// <summary>How many groups one partition of groups holds at most; they lie in memory.</summary>
    [Range(1, 10_000_000)]
    public int MaxGroups { get; init; } = 100_000;

    /// <summary>How long offsets are kept after their group lost its last member; Kafka's default.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "3650.00:00:00")]
    public TimeSpan OffsetRetention { get; init; } = TimeSpan.FromDays(7);

    /// <summary>How often it is looked for offsets to forget; Kafka's default.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan OffsetExpiryInterval { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long the note beside an offset may be; Kafka's default.</summary>
    [Range(0, 1 << 20)]
    public int MaxOffsetMetadataBytes { get; init; } = 4_096;

    /// <summary>How many calls may wait for a coordinator; further callers wait for room.</summary>
    [Range(1, 1_000_000)]
    public int MaxQueuedCalls { get; init; } = 10_000;
}
