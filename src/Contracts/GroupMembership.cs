namespace OrleansStream.Contracts;

/// <summary>A way to divide partitions that a member offers, and what it says about itself in it.</summary>
/// <param name="Name">As the clients' assignors call themselves: <c>range</c>, <c>cooperative-sticky</c>.</param>
/// <param name="Metadata">
/// Bytes for whoever is elected to assign; the coordinator reads only the subscribed topics, where they can be read.
/// </param>
[GenerateSerializer, Immutable, Alias("OrleansStream.GroupProtocol")]
public readonly record struct GroupProtocol([property: Id(0)] string Name, [property: Id(1)] byte[] Metadata);

/// <summary>Asks to become, or to stay, a member of a group.</summary>
/// <param name="MemberId">Empty the first time; then what the coordinator gave.</param>
/// <param name="InstanceId">Null for a dynamic member; a static one keeps its place over restarts by it.</param>
/// <param name="RequiresKnownMemberId">
/// Whether a dynamic member without an id is first given one, with <see cref="StreamError.MemberIdRequired"/>, and has
/// to ask again with it: then a lost answer leaves no member behind that nobody is.
/// </param>
/// <param name="Protocols">In order of preference; at least one.</param>
/// <param name="KnowsSkipAssignment">
/// Whether the client heeds <see cref="JoinGroupReply.SkipAssignment"/>. A leader that comes back and does not is kept
/// from assigning by being told that somebody else leads.
/// </param>
[GenerateSerializer, Immutable, Alias("OrleansStream.JoinGroupRequest")]
public sealed record JoinGroupRequest(
    [property: Id(0)] string GroupId,
    [property: Id(1)] string MemberId,
    [property: Id(2)] string? InstanceId,
    [property: Id(3)] string ClientId,
    [property: Id(4)] string ClientHost,
    [property: Id(5)] bool RequiresKnownMemberId,
    [property: Id(6)] TimeSpan SessionTimeout,
    [property: Id(7)] TimeSpan RebalanceTimeout,
    [property: Id(8)] string ProtocolType,
    [property: Id(9)] IReadOnlyList<GroupProtocol> Protocols,
    [property: Id(10)] string? Reason = null,
    [property: Id(11)] bool KnowsSkipAssignment = false);

/// <summary>A member as the leader sees it when it assigns.</summary>
/// <param name="Metadata">What the member said in the protocol that was chosen.</param>
[GenerateSerializer, Immutable, Alias("OrleansStream.JoinedMember")]
public readonly record struct JoinedMember(
    [property: Id(0)] string MemberId,
    [property: Id(1)] string? InstanceId,
    [property: Id(2)] byte[] Metadata);

/// <summary>The generation that was formed.</summary>
/// <param name="Generation">-1 on an error.</param>
/// <param name="Protocol">The one every member offers and most prefer; null on an error.</param>
/// <param name="MemberId">The caller's; set also with <see cref="StreamError.MemberIdRequired"/>.</param>
/// <param name="SkipAssignment">
/// The caller is the leader, but the assignments of the generation stay: a static member came back unchanged.
/// </param>
/// <param name="Members">Everybody, for the leader; empty for all others.</param>
[GenerateSerializer, Immutable, Alias("OrleansStream.JoinGroupReply")]
public sealed record JoinGroupReply(
    [property: Id(0)] StreamError Error,
    [property: Id(1)] int Generation,
    [property: Id(2)] string? ProtocolType,
    [property: Id(3)] string? Protocol,
    [property: Id(4)] string LeaderId,
    [property: Id(5)] string MemberId,
    [property: Id(6)] bool SkipAssignment,
    [property: Id(7)] IReadOnlyList<JoinedMember> Members)
{
    /// <summary>A refusal.</summary>
    public static JoinGroupReply Refused(StreamError error, string memberId = "")
        => new(error, -1, null, null, "", memberId, false, []);
}

/// <summary>Who a member says it is.</summary>
/// <param name="Generation">The one it believes to be in.</param>
[GenerateSerializer, Immutable, Alias("OrleansStream.GroupMember")]
public sealed record GroupMember(
    [property: Id(0)] string GroupId,
    [property: Id(1)] int Generation,
    [property: Id(2)] string MemberId,
    [property: Id(3)] string? InstanceId);

/// <summary>What the leader gives a member to do; the coordinator does not read it.</summary>
[GenerateSerializer, Immutable, Alias("OrleansStream.MemberAssignment")]
public readonly record struct MemberAssignment([property: Id(0)] string MemberId, [property: Id(1)] byte[] Assignment);

/// <summary>Asks for one's assignment.</summary>
/// <param name="ProtocolType">Null when the client does not say; else it must be the group's.</param>
/// <param name="Protocol">Null when the client does not say; else it must be the one chosen.</param>
/// <param name="Assignments">From the leader only; a member left out gets nothing to do.</param>
[GenerateSerializer, Immutable, Alias("OrleansStream.SyncGroupRequest")]
public sealed record SyncGroupRequest(
    [property: Id(0)] GroupMember Member,
    [property: Id(1)] string? ProtocolType,
    [property: Id(2)] string? Protocol,
    [property: Id(3)] IReadOnlyList<MemberAssignment> Assignments);

/// <summary>One's assignment; empty on an error.</summary>
[GenerateSerializer, Immutable, Alias("OrleansStream.SyncGroupReply")]
public sealed record SyncGroupReply(
    [property: Id(0)] StreamError Error,
    [property: Id(1)] string? ProtocolType,
    [property: Id(2)] string? Protocol,
    [property: Id(3)] byte[] Assignment)
{
    /// <summary>A refusal.</summary>
    public static SyncGroupReply Refused(StreamError error) => new(error, null, null, []);
}

/// <summary>A member that leaves.</summary>
/// <param name="MemberId">May be empty where the instance id says who it is.</param>
[GenerateSerializer, Immutable, Alias("OrleansStream.LeavingMember")]
public readonly record struct LeavingMember(
    [property: Id(0)] string MemberId,
    [property: Id(1)] string? InstanceId,
    [property: Id(2)] string? Reason = null);

/// <summary>Members that leave a group.</summary>
[GenerateSerializer, Immutable, Alias("OrleansStream.LeaveGroupRequest")]
public sealed record LeaveGroupRequest(
    [property: Id(0)] string GroupId,
    [property: Id(1)] IReadOnlyList<LeavingMember> Members);

/// <summary>What became of each, in the order of the request.</summary>
/// <param name="Error">Of the request as a whole; then there are no members.</param>
[GenerateSerializer, Immutable, Alias("OrleansStream.LeaveGroupReply")]
public sealed record LeaveGroupReply(
    [property: Id(0)] StreamError Error,
    [property: Id(1)] IReadOnlyList<StreamError> Members);
