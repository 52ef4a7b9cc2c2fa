using System.ComponentModel.DataAnnotations;

namespace OrleansStream.Client;

/// <summary>Where reading begins when nothing says where it ended.</summary>
public enum StartPosition
{
    /// <summary>With the first record there is.</summary>
    Earliest,

    /// <summary>With the next record that is written.</summary>
    Latest,

    /// <summary>Nowhere: reading fails, and somebody decides.</summary>
    Nowhere,
}

/// <summary>How the members of a group divide partitions. All members must have one in common.</summary>
public enum PartitionAssignor
{
    /// <summary>
    /// Evenly, and whoever has a partition keeps it if possible; only what moves is interrupted (cooperative).
    /// </summary>
    CooperativeSticky,

    /// <summary>Topic by topic, neighbours together; everything is interrupted (eager).</summary>
    Range,

    /// <summary>One after the other; everything is interrupted (eager).</summary>
    RoundRobin,
}

/// <summary>How records are read. Bound from the section <c>OrleansStream:Consumer</c>.</summary>
public sealed class ConsumerOptions
{
    /// <summary>Whose offsets are read and committed. Null reads without a group, assigned by hand.</summary>
    public string? GroupId { get; init; }

    /// <summary>
    /// A name that only this member of the group has, by which it takes its place again after a restart. Null for a
    /// member like any other.
    /// </summary>
    public string? InstanceId { get; init; }

    public StartPosition StartPosition { get; init; } = StartPosition.Latest;

    public PartitionAssignor Assignor { get; init; } = PartitionAssignor.CooperativeSticky;

    /// <summary>
    /// How often what was read and left behind is committed. Null leaves it to <see
    /// cref="Consumer.CommitAsync(CancellationToken)"/>.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.01", "1.00:00:00")]
    public TimeSpan? CommitInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How many records are handed out together at most.</summary>
    [Range(1, int.MaxValue)]
    public int MaxPollRecords { get; init; } = 4_096;

    /// <summary>How long a member may be silent before its partitions are given to others.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:30:00")]
    public TimeSpan SessionTimeout { get; init; } = TimeSpan.FromSeconds(45);

    /// <summary>How often a member says that it is alive; well below a third of the session timeout.</summary>
    [Range(typeof(TimeSpan), "00:00:00.01", "00:10:00")]
    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// How long a member may have a record in hand: rebalances wait so long for it, and whoever takes longer loses its
    /// partitions to others, until it asks for the next record.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "24:00:00")]
    public TimeSpan RebalanceTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// How long disposing waits for the group to take a commit, and then to let the member go. What is not committed
    /// then is handed out again.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.01", "01:00:00")]
    public TimeSpan CloseTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often is looked for partitions that topics have grown by.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "1.00:00:00")]
    public TimeSpan TopicRefreshInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long a server waits for records when there are none.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan FetchWait { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How many bytes a server waits for.</summary>
    [Range(1, 1 << 30)]
    public int FetchMinBytes { get; init; } = 1;

    /// <summary>How many bytes of one partition are fetched at once, in bytes; a larger batch comes whole.</summary>
    [Range(1, 1 << 30)]
    public int FetchPartitionBytes { get; init; } = 1_024 * 1_024;

    /// <summary>How many bytes are fetched at once from one server.</summary>
    [Range(1, 1 << 30)]
    public int FetchBytes { get; init; } = 32 * 1_024 * 1_024;

    /// <summary>How many fetched bytes may wait to be read. Each partition gets its share of them.</summary>
    [Range(1, long.MaxValue)]
    public long PrefetchBytes { get; init; } = 64L * 1_024 * 1_024;

    /// <summary>Whether the checksums of batches are verified, as is right unless every cycle counts.</summary>
    public bool VerifiesChecksums { get; init; } = true;

    /// <summary>Called with partitions before their first record is handed out.</summary>
    public Func<IReadOnlyList<TopicPartition>, CancellationToken, Task>? Assigned { get; init; }

    /// <summary>
    /// Called with partitions that go to others, when no more of their records are in hand: the last moment to commit.
    /// </summary>
    public Func<IReadOnlyList<TopicPartition>, CancellationToken, Task>? Revoked { get; init; }

    /// <summary>
    /// Called with partitions that went to others because this member was silent for too long, or too slow.
    /// </summary>
    public Func<IReadOnlyList<TopicPartition>, CancellationToken, Task>? Lost { get; init; }
}
