using OrleansStream.Contracts;

namespace OrleansStream.Engine.Groups;

/// <summary>A record in a partition of groups.</summary>
/// <param name="Value">Null when what the key names is no more.</param>
internal readonly record struct GroupRecord(ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte>? Value);

/// <summary>What a record is about.</summary>
/// <param name="Partition">Null for the group itself; else the offset it has committed there.</param>
internal readonly record struct GroupKey(string GroupId, PartitionId? Partition);

/// <summary>A member as it is stored.</summary>
internal sealed record StoredMember(
    string Id,
    string? InstanceId,
    string ClientId,
    string ClientHost,
    TimeSpan SessionTimeout,
    TimeSpan RebalanceTimeout,
    IReadOnlyList<GroupProtocol> Protocols,
    byte[] Assignment);

/// <summary>A group as it is stored: the generation that was formed last.</summary>
/// <param name="IsAssigned">Whether the leader has handed in the assignments.</param>
/// <param name="EmptySince">Milliseconds since 1970; 0 while there are members.</param>
internal sealed record StoredGroup(
    int Generation,
    string? ProtocolType,
    string? Protocol,
    string? LeaderId,
    bool IsAssigned,
    long EmptySince,
    IReadOnlyList<StoredMember> Members);

/// <summary>A committed offset as it is stored.</summary>
/// <param name="CommittedAt">Milliseconds since 1970.</param>
/// <param name="ExpiresAt">Milliseconds since 1970; -1 when the cluster's retention applies.</param>
internal readonly record struct StoredOffset(
    long Offset, int LeaderEpoch, string Metadata, long CommittedAt, long ExpiresAt);
