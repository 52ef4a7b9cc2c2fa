using OrleansStream.Contracts;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;
using OrleansStream.Silo.Gateways.Security;

namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>Lists, describes and deletes groups.</summary>
internal sealed class GroupAdminApi(ICluster cluster, AccessControl control, AuditLog audit)
{
    /// <summary>From here on a group that does not exist is an error; before, it is dead.</summary>
    private const short NotFoundVersion = 6;

    public async ValueTask<ListGroupsResponse> ListAsync(ListGroupsRequest request, KafkaCall call)
    {
        var access = await control.OfAsync(call);
        var seesAll = access.ToCluster();
        var reply = await cluster.Groups.ListAsync(call.Closed);
        var listed = reply.Groups
            .Where(group => seesAll || access.ToGroup(group.GroupId))
            .Select(group => group.ToListed())
            .Where(group => Passes(request.StatesFilter, group.State) && Passes(request.TypesFilter, group.Type));
        return new ListGroupsResponse(reply.Error.ToListGroupsErrorCode(), [.. listed]);
    }

    public async ValueTask<DescribeGroupsResponse> DescribeAsync(DescribeGroupsRequest request, KafkaCall call)
    {
        var access = await control.OfAsync(call);
        var described = new List<DescribedGroup>(request.Groups.Count);

        // Each once: a small request that repeats one would otherwise have a huge answer.
        foreach (var groupId in request.Groups.Distinct())
        {
            if (!access.ToGroup(groupId))
            {
                described.Add(new DescribedGroup(
                    ErrorCode.GroupAuthorizationFailed, ErrorMessage: null, groupId, "", "", "", []));
                continue;
            }

            var group = await cluster.Groups.DescribeAsync(groupId, call.Closed);
            var operations = request.IncludeAuthorizedOperations
                ? AuthorizedOperations.OnGroup(access.Caller, groupId)
                : MetadataTopic.OperationsNotAskedFor;
            described.Add(Describe(group, operations, call.Version));
        }

        return new DescribeGroupsResponse(described);
    }

    public async ValueTask<DeleteGroupsResponse> DeleteAsync(DeleteGroupsRequest request, KafkaCall call)
    {
        var access = await control.OfAsync(call);
        var deleted = new List<DeletedGroup>(request.Groups.Count);
        foreach (var groupId in request.Groups.Distinct())
        {
            var error = access.ToGroup(groupId)
                ? (await cluster.Groups.DeleteAsync(groupId, call.Closed)).ToGroupErrorCode()
                : ErrorCode.GroupAuthorizationFailed;
            audit.Record(call, "delete group", groupId, error);
            deleted.Add(new DeletedGroup(groupId, error));
        }

        return new DeleteGroupsResponse(deleted);
    }

    private static bool Passes(IReadOnlyList<string> filter, string value)
        => filter.Count == 0 || filter.Contains(value, StringComparer.OrdinalIgnoreCase);

    private static DescribedGroup Describe(GroupDescription group, int operations, short version)
    {
        var described = group.ToDescribed(operations);
        return group is { Error: StreamError.None, State: GroupState.Dead } && version >= NotFoundVersion
            ? described with { Error = ErrorCode.GroupIdNotFound, ErrorMessage = "There is no such group." }
            : described;
    }
}
