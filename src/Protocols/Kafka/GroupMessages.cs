using OrleansStream.Contracts;
using OrleansStream.Protocols.Kafka.Messages;
using CoordinatorJoin = OrleansStream.Contracts.JoinGroupRequest;
using CoordinatorLeave = OrleansStream.Contracts.LeaveGroupRequest;
using CoordinatorSync = OrleansStream.Contracts.SyncGroupRequest;
using JoinGroupRequest = OrleansStream.Protocols.Kafka.Messages.JoinGroupRequest;
using LeaveGroupRequest = OrleansStream.Protocols.Kafka.Messages.LeaveGroupRequest;
using SyncGroupRequest = OrleansStream.Protocols.Kafka.Messages.SyncGroupRequest;

namespace OrleansStream.Protocols.Kafka;

/// <summary>What members and admin clients say, as the coordinator takes it, and its replies as clients do.</summary>
public static class GroupMessages
{
    /// <summary>What Kafka calls the groups of the protocol that is spoken here.</summary>
    private const string GroupType = "classic";

    /// <param name="takesId">Whether the client knows that it may be given an id first, and join with that.</param>
    /// <param name="takesSkip">Whether it knows that a leader may be told to leave the assignments as they are.</param>
    public static CoordinatorJoin ToCoordinator(
        this JoinGroupRequest request, string clientId, string clientHost, bool takesId, bool takesSkip)
    {
        var sessionTimeout = TimeSpan.FromMilliseconds(request.SessionTimeoutMs);
        return new(
            request.GroupId,
            request.MemberId,
            request.InstanceId,
            clientId,
            clientHost,
            takesId,
            sessionTimeout,
            request.RebalanceTimeoutMs < 0 ? sessionTimeout : TimeSpan.FromMilliseconds(request.RebalanceTimeoutMs),
            request.ProtocolType,
            [.. request.Protocols.Select(protocol => new GroupProtocol(protocol.Name, protocol.Metadata))],
            request.Reason,
            takesSkip);
    }

    public static JoinGroupResponse ToResponse(this JoinGroupReply reply) => new(
        reply.Error.ToGroupErrorCode(),
        reply.Generation,
        reply.ProtocolType,
        reply.Protocol,
        reply.LeaderId,
        reply.SkipAssignment,
        reply.MemberId,
        [.. reply.Members.Select(member => new JoinGroupMember(member.MemberId, member.InstanceId, member.Metadata))]);

    public static CoordinatorSync ToCoordinator(this SyncGroupRequest request) => new(
        new GroupMember(request.GroupId, request.GenerationId, request.MemberId, request.InstanceId),
        request.ProtocolType,
        request.ProtocolName,
        [.. request.Assignments.Select(given => new MemberAssignment(given.MemberId, given.Assignment))]);

    public static SyncGroupResponse ToResponse(this SyncGroupReply reply)
        => new(reply.Error.ToGroupErrorCode(), reply.ProtocolType, reply.Protocol, reply.Assignment);

    public static GroupMember ToMember(this HeartbeatRequest request)
        => new(request.GroupId, request.GenerationId, request.MemberId, request.InstanceId);

    public static GroupMember ToMember(this OffsetCommitRequest request)
        => new(request.GroupId, request.GenerationId, request.MemberId, request.InstanceId);

    public static CoordinatorLeave ToCoordinator(this LeaveGroupRequest request) => new(
        request.GroupId,
        [.. request.Members.Select(member => new LeavingMember(member.MemberId, member.InstanceId, member.Reason))]);

    public static LeaveGroupResponse ToResponse(this LeaveGroupReply reply, LeaveGroupRequest request) => new(
        reply.Error.ToGroupErrorCode(),
        [.. reply.Members.Zip(request.Members, (error, member) => new LeftGroupMember(
            member.MemberId, member.InstanceId, error.ToGroupErrorCode()))]);

    public static ListedGroup ToListed(this GroupListing group)
        => new(group.GroupId, group.ProtocolType, group.State.ToString(), GroupType);

    public static DescribedGroup ToDescribed(
        this GroupDescription group, int authorizedOperations = MetadataTopic.OperationsNotAskedFor) => new(
            group.Error.ToGroupErrorCode(),
            ErrorMessage: null,
            group.GroupId,
            group.Error == StreamError.None ? group.State.ToString() : "",
            group.ProtocolType,
            group.Protocol,
            [.. group.Members.Select(member => new DescribedMember(
                member.MemberId,
                member.InstanceId,
                member.ClientId,
                member.ClientHost,
                member.Metadata,
                member.Assignment))],
            authorizedOperations);

    public static OffsetFetchedPartition ToFetched(this CommittedOffset offset)
        => new(offset.Partition.Partition, offset.Offset, offset.LeaderEpoch, offset.Metadata, ErrorCode.None);
}
