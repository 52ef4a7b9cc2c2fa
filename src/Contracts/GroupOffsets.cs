namespace OrleansStream.Contracts;

/// <summary>How far a group has read a partition.</summary>
/// <param name="Offset">The next record to read.</param>
/// <param name="LeaderEpoch">Of the last record read; -1 when the client does not say.</param>
/// <param name="Metadata">Whatever the client notes beside it; bounded by the coordinator.</param>
[GenerateSerializer, Immutable, Alias("OrleansStream.CommittedOffset")]
public readonly record struct CommittedOffset(
    [property: Id(0)] PartitionId Partition,
    [property: Id(1)] long Offset,
    [property: Id(2)] int LeaderEpoch,
    [property: Id(3)] string Metadata);

/// <summary>Offsets to be stored.</summary>
/// <param name="Member">
/// Who commits. With generation -1 and no member id anybody may, as long as the group has no members.
/// </param>
/// <param name="Retention">
/// How long they are kept at least, counted from now; null for the cluster's retention, counted from when the group
/// lost its last member. While it has members nothing is forgotten.
/// </param>
[GenerateSerializer, Immutable, Alias("OrleansStream.CommitOffsetsRequest")]
public sealed record CommitOffsetsRequest(
    [property: Id(0)] GroupMember Member,
    [property: Id(1)] TimeSpan? Retention,
    [property: Id(2)] IReadOnlyList<CommittedOffset> Offsets);

/// <summary>What became of each offset, in the order of the request.</summary>
/// <param name="Error">Of the request as a whole; then it holds for every offset, and the list is empty.</param>
[GenerateSerializer, Immutable, Alias("OrleansStream.CommitOffsetsReply")]
public sealed record CommitOffsetsReply(
    [property: Id(0)] StreamError Error,
    [property: Id(1)] IReadOnlyList<StreamError> Offsets);

/// <summary>Asks for committed offsets.</summary>
/// <param name="Partitions">Null for all there are.</param>
/// <param name="MemberId">Null when the caller is not, or does not say that it is, a member.</param>
/// <param name="Generation">-1 likewise.</param>
[GenerateSerializer, Immutable, Alias("OrleansStream.FetchOffsetsRequest")]
public sealed record FetchOffsetsRequest(
    [property: Id(0)] string GroupId,
    [property: Id(1)] IReadOnlyList<PartitionId>? Partitions,
    [property: Id(2)] string? MemberId = null,
    [property: Id(3)] int Generation = -1);

/// <summary>The offsets that are committed, of those asked for; a partition without one is left out.</summary>
[GenerateSerializer, Immutable, Alias("OrleansStream.FetchOffsetsReply")]
public sealed record FetchOffsetsReply(
    [property: Id(0)] StreamError Error,
    [property: Id(1)] IReadOnlyList<CommittedOffset> Offsets);

/// <summary>Offsets to be forgotten.</summary>
/// <param name="Topics">The names of the partitions' topics, in the same order: subscriptions are by name.</param>
[GenerateSerializer, Immutable, Alias("OrleansStream.DeleteOffsetsRequest")]
public sealed record DeleteOffsetsRequest(
    [property: Id(0)] string GroupId,
    [property: Id(1)] IReadOnlyList<PartitionId> Partitions,
    [property: Id(2)] IReadOnlyList<string> Topics);
