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

        var reply = await cluster.Groups.JoinAsync(
            request.ToCoordinator(
                call.Header.ClientId ?? "",
                HostOf(call.Client),
                takesId: call.Version >= KnownMemberIdVersion,
                takesSkip: call.Version >= SkipAssignmentVersion),
            call.Closed);
        return reply.ToResponse();
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

        return (await cluster.Groups.SyncAsync(request.ToCoordinator(), call.Closed)).ToResponse();
    }

    public async ValueTask<HeartbeatResponse> HeartbeatAsync(HeartbeatRequest request, KafkaCall call)
    {
        if (!(await control.OfAsync(call)).ToGroup(request.GroupId))
        {
            return new HeartbeatResponse(ErrorCode.GroupAuthorizationFailed);
        }

        var error = await cluster.Groups.HeartbeatAsync(request.ToMember(), call.Closed);
        return new HeartbeatResponse(error.ToGroupErrorCode());
    }

    public async ValueTask<LeaveGroupResponse> LeaveAsync(LeaveGroupRequest request, KafkaCall call)
    {
        if (!(await control.OfAsync(call)).ToGroup(request.GroupId))
        {
            return new LeaveGroupResponse(ErrorCode.GroupAuthorizationFailed, []);
        }

        var reply = await cluster.Groups.LeaveAsync(request.ToCoordinator(), call.Closed);
        return call.Version < LeavingByNameVersion && reply.Error == StreamError.None
            ? new LeaveGroupResponse(reply.Members[0].ToGroupErrorCode(), [])
            : reply.ToResponse(request);
    }

    // Admin clients show it as it is; Kafka puts the slash there.
    private static string HostOf(KafkaClient client)
        => client.Remote is IPEndPoint { Address: var address }
            ? $"/{(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address)}"
            : "";
}
