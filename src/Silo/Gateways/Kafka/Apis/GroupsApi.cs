using System.Net;
using OrleansStream.Contracts;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;
using OrleansStream.Silo.Gateways.Security;
using JoinGroupRequest = OrleansStream.Protocols.Kafka.Messages.JoinGroupRequest;
using LeaveGroupRequest = OrleansStream.Protocols.Kafka.Messages.LeaveGroupRequest;
using SyncGroupRequest = OrleansStream.Protocols.Kafka.Messages.SyncGroupRequest;

namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>Lets consumers join a group, stay in it and leave it.</summary>
internal sealed class GroupsApi(ICluster cluster, AccessControl control)
{
    /// <summary>From here on a member without an id is given one first, and joins with it.</summary>
    private const short KnownMemberIdVersion = 4;

    /// <summary>From here on a member that leaves is answered by name, not by the error of the whole.</summary>
    private const short LeavingByNameVersion = 3;

    /// <summary>From here on members must say which protocol they believe was chosen.</summary>
    private const short StatedProtocolVersion = 5;

    /// <summary>From here on a leader can be told to leave the assignments as they are.</summary>
    private const short SkipAssignmentVersion = 9;

    public async ValueTask<JoinGroupResponse> JoinAsync(JoinGroupRequest request, KafkaCall call)
    {
        if (!(await control.OfAsync(call)).ToGroup(request.GroupId))
        {
            return new JoinGroupResponse(
                ErrorCode.GroupAuthorizationFailed, -1, null, "", "", false, request.MemberId, []);
        }

        var sessionTimeout = TimeSpan.FromMilliseconds(request.SessionTimeoutMs);
        var reply = await cluster.Groups.JoinAsync(
            new(
                request.GroupId,
                request.MemberId,
                request.InstanceId,
                call.Header.ClientId ?? "",
                HostOf(call.Client),
                RequiresKnownMemberId: call.Version >= KnownMemberIdVersion,
                sessionTimeout,
                request.RebalanceTimeoutMs < 0 ? sessionTimeout : TimeSpan.FromMilliseconds(request.RebalanceTimeoutMs),
                request.ProtocolType,
                [.. request.Protocols.Select(protocol => new GroupProtocol(protocol.Name, protocol.Metadata))],
                request.Reason,
                KnowsSkipAssignment: call.Version >= SkipAssignmentVersion),
            call.Closed);
        return new JoinGroupResponse(
            reply.Error.ToGroupErrorCode(),
            reply.Generation,
            reply.ProtocolType,
            reply.Protocol,
            reply.LeaderId,
            reply.SkipAssignment,
            reply.MemberId,
            [.. reply.Members.Select(member => new JoinGroupMember(
                member.MemberId, member.InstanceId, member.Metadata))]);
    }

    public async ValueTask<SyncGroupResponse> SyncAsync(SyncGroupRequest request, KafkaCall call)
    {
        if (!(await control.OfAsync(call)).ToGroup(request.GroupId))
        {
            return new SyncGroupResponse(ErrorCode.GroupAuthorizationFailed, null, null, []);
        }

        if (call.Version >= StatedProtocolVersion && (request.ProtocolType is null || request.ProtocolName is null))
        {
            return new SyncGroupResponse(ErrorCode.InconsistentGroupProtocol, null, null, []);
        }

        var reply = await cluster.Groups.SyncAsync(
            new(
                new GroupMember(request.GroupId, request.GenerationId, request.MemberId, request.InstanceId),
                request.ProtocolType,
                request.ProtocolName,
                [.. request.Assignments.Select(given => new MemberAssignment(given.MemberId, given.Assignment))]),
            call.Closed);
        return new SyncGroupResponse(
            reply.Error.ToGroupErrorCode(), reply.ProtocolType, reply.Protocol, reply.Assignment);
    }

    public async ValueTask<HeartbeatResponse> HeartbeatAsync(HeartbeatRequest request, KafkaCall call)
    {
        if (!(await control.OfAsync(call)).ToGroup(request.GroupId))
        {
            return new HeartbeatResponse(ErrorCode.GroupAuthorizationFailed);
        }

        var error = await cluster.Groups.HeartbeatAsync(
            new(request.GroupId, request.GenerationId, request.MemberId, request.InstanceId), call.Closed);
        return new HeartbeatResponse(error.ToGroupErrorCode());
    }

    public async ValueTask<LeaveGroupResponse> LeaveAsync(LeaveGroupRequest request, KafkaCall call)
    {
        if (!(await control.OfAsync(call)).ToGroup(request.GroupId))
        {
            return new LeaveGroupResponse(ErrorCode.GroupAuthorizationFailed, []);
        }

        var leaving = request.Members.Select(
            member => new LeavingMember(member.MemberId, member.InstanceId, member.Reason));
        var reply = await cluster.Groups.LeaveAsync(new(request.GroupId, [.. leaving]), call.Closed);
        if (call.Version < LeavingByNameVersion && reply.Error == StreamError.None)
        {
            return new LeaveGroupResponse(reply.Members[0].ToGroupErrorCode(), []);
        }

        return new LeaveGroupResponse(
            reply.Error.ToGroupErrorCode(),
            [.. reply.Members.Zip(request.Members, (error, member) => new LeftGroupMember(
                member.MemberId, member.InstanceId, error.ToGroupErrorCode()))]);
    }

    // Admin clients show it as it is; Kafka puts the slash there.
    private static string HostOf(KafkaClient client)
        => client.Remote is IPEndPoint { Address: var address }
            ? $"/{(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address)}"
            : "";
}
