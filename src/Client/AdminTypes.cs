using OrleansStream.Contracts;
using OrleansStream.Protocols.Kafka.Messages;

namespace OrleansStream.Client;

/// <summary>The servers of a cluster.</summary>
/// <param name="ClusterId">Null when the cluster does not say.</param>
public sealed record ClusterInfo(string? ClusterId, int ControllerId, IReadOnlyList<NodeInfo> Nodes);

/// <summary>A server.</summary>
public sealed record NodeInfo(int Id, string Host, int Port);

/// <summary>A topic.</summary>
public sealed record TopicInfo(string Name, Guid Id, bool IsInternal, IReadOnlyList<PartitionInfo> Partitions);

/// <summary>A partition and who serves it.</summary>
/// <param name="LeaderId">-1 while there is nobody.</param>
public sealed record PartitionInfo(
    int Partition, int LeaderId, int LeaderEpoch, IReadOnlyList<int> Replicas, IReadOnlyList<int> InSyncReplicas);

/// <summary>One configuration of a topic, or of a server.</summary>
/// <param name="Value">Null when it is a secret.</param>
/// <param name="IsDefault">Whether it was not set for this very topic or server.</param>
/// <param name="Documentation">Null when the cluster has none.</param>
public sealed record ConfigEntry(
    string Name, string? Value, bool IsDefault, bool IsReadOnly, bool IsSensitive, string? Documentation)
{
    internal static ConfigEntry Of(in DescribedConfig config, bool isDefault)
        => new(config.Name, config.Value, isDefault, config.IsReadOnly, config.IsSensitive, config.Documentation);
}

/// <summary>A group in a list.</summary>
public sealed record GroupListEntry(string GroupId, string ProtocolType, string State);

/// <summary>A group and its members.</summary>
/// <param name="Protocol">The assignor in use; empty while there is none.</param>
public sealed record GroupInfo(
    string GroupId, GroupState State, string ProtocolType, string Protocol, IReadOnlyList<GroupMemberInfo> Members);

/// <summary>A member of a group.</summary>
/// <param name="InstanceId">Null for a dynamic member.</param>
/// <param name="Partitions">What it has to read; empty where the group does not consist of consumers.</param>
public sealed record GroupMemberInfo(
    string MemberId,
    string? InstanceId,
    string ClientId,
    string ClientHost,
    IReadOnlyList<TopicPartition> Partitions);

/// <summary>How far a group has read a partition.</summary>
/// <param name="Committed">The next record to read.</param>
/// <param name="End">The offset after the last record.</param>
public sealed record GroupLag(TopicPartition Partition, long Committed, long End)
{
    /// <summary>How many records the group has yet to read.</summary>
    public long Lag => Math.Max(0, End - Committed);
}

/// <summary>Says which offset of a partition is meant.</summary>
public readonly record struct OffsetPoint
{
    private const long LatestTime = -1;
    private const long EarliestTime = -2;

    private OffsetPoint(long time) => Time = time;

    /// <summary>The first record there is.</summary>
    public static OffsetPoint Earliest { get; } = new(EarliestTime);

    /// <summary>After the last record there is.</summary>
    public static OffsetPoint Latest { get; } = new(LatestTime);

    /// <summary>Milliseconds since 1970, or what stands for a point.</summary>
    internal long Time { get; }

    /// <summary>The first record of that time or later; the end where there is none.</summary>
    public static OffsetPoint At(DateTimeOffset time) => new(Math.Max(0, time.ToUnixTimeMilliseconds()));
}
