namespace OrleansStream.Contracts;

/// <summary>Where a group stands.</summary>
[GenerateSerializer, Alias("OrleansStream.GroupState")]
public enum GroupState
{
    /// <summary>No members; perhaps offsets.</summary>
    Empty,

    /// <summary>Waiting for its members to join the next generation.</summary>
    PreparingRebalance,

    /// <summary>The generation is formed; waiting for the leader's assignments.</summary>
    CompletingRebalance,

    /// <summary>Every member has its assignment.</summary>
    Stable,

    /// <summary>It does not exist, or no longer.</summary>
    Dead,
}

/// <summary>A member as others see it.</summary>
/// <param name="Metadata">What it said in the chosen protocol; empty until one is chosen.</param>
/// <param name="Assignment">Empty until it has one.</param>
[GenerateSerializer, Immutable, Alias("OrleansStream.MemberDescription")]
public sealed record MemberDescription(
    [property: Id(0)] string MemberId,
    [property: Id(1)] string? InstanceId,
    [property: Id(2)] string ClientId,
    [property: Id(3)] string ClientHost,
    [property: Id(4)] byte[] Metadata,
    [property: Id(5)] byte[] Assignment);

/// <summary>A group as others see it.</summary>
/// <param name="ProtocolType">Empty for a group that never had members.</param>
/// <param name="Protocol">Empty until one is chosen.</param>
[GenerateSerializer, Immutable, Alias("OrleansStream.GroupDescription")]
public sealed record GroupDescription(
    [property: Id(0)] StreamError Error,
    [property: Id(1)] string GroupId,
    [property: Id(2)] GroupState State,
    [property: Id(3)] string ProtocolType,
    [property: Id(4)] string Protocol,
    [property: Id(5)] IReadOnlyList<MemberDescription> Members)
{
    /// <summary>A group about which nothing can be said.</summary>
    public static GroupDescription Refused(StreamError error, string groupId)
        => new(error, groupId, GroupState.Dead, "", "", []);
}

/// <summary>A group in a list.</summary>
[GenerateSerializer, Immutable, Alias("OrleansStream.GroupListing")]
public readonly record struct GroupListing(
    [property: Id(0)] string GroupId,
    [property: Id(1)] string ProtocolType,
    [property: Id(2)] GroupState State);

/// <summary>The groups there are.</summary>
/// <param name="Error">Set when a part of them could not be listed; the rest is there.</param>
[GenerateSerializer, Immutable, Alias("OrleansStream.ListGroupsReply")]
public sealed record ListGroupsReply(
    [property: Id(0)] StreamError Error,
    [property: Id(1)] IReadOnlyList<GroupListing> Groups);
