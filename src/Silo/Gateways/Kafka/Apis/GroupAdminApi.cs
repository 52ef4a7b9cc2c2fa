using OrleansStream.Contracts;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;

namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>Lists, describes and deletes groups.</summary>
internal sealed class GroupAdminApi(ICluster cluster)
{
    /// <summary>From here on a group that does not exist is an error; before, it is dead.</summary>
    private const short NotFoundVersion = 6;

    /// <summary>What Kafka calls the groups of the protocol that is spoken here.</summary>
    private const string GroupType = "classic";

    public async ValueTask<ListGroupsResponse> ListAsync(ListGroupsRequest request, KafkaCall call)
    {
        var reply = await cluster.Groups.ListAsync(call.Closed);
        var listed = reply.Groups
            .Select(group => new ListedGroup(group.GroupId, group.ProtocolType, group.State.ToString(), GroupType))
            .Where(group => Passes(request.StatesFilter, group.State) && Passes(request.TypesFilter, group.Type));
        return new ListGroupsResponse(reply.Error.ToListGroupsErrorCode(), [.. listed]);
    }

    public async ValueTask<DescribeGroupsResponse> DescribeAsync(DescribeGroupsRequest request, KafkaCall call)
    {
        var operations = request.IncludeAuthorizedOperations
            ? AuthorizedOperations.Group
            : MetadataTopic.OperationsNotAskedFor;
        var described = new List<DescribedGroup>(request.Groups.Count);

        // Each once: a small request that repeats one would otherwise have a huge answer.
        foreach (var groupId in request.Groups.Distinct())
        {
            var group = await cluster.Groups.DescribeAsync(groupId, call.Closed);
            described.Add(Describe(group, operations, call.Version));
        }

        return new DescribeGroupsResponse(described);
    }

    public async ValueTask<DeleteGroupsResponse> DeleteAsync(DeleteGroupsRequest request, KafkaCall call)
    {
        var deleted = new List<DeletedGroup>(request.Groups.Count);
        foreach (var groupId in request.Groups.Distinct())
        {
            var error = await cluster.Groups.DeleteAsync(groupId, call.Closed);
            deleted.Add(new DeletedGroup(groupId, error.ToGroupErrorCode()));
        }

        return new DeleteGroupsResponse(deleted);
    }

    private static bool Passes(IReadOnlyList<string> filter, string value)
        => filter.Count == 0 || filter.Contains(value, StringComparer.OrdinalIgnoreCase);

    private static DescribedGroup Describe(GroupDescription group, int operations, short version)
    {
        var isMissing = group is { Error: StreamError.None, State: GroupState.Dead } && version >= NotFoundVersion;
        return new DescribedGroup(
            isMissing ? ErrorCode.GroupIdNotFound : group.Error.ToGroupErrorCode(),
            isMissing ? "There is no such group." : null,
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
            operations);
    }
}
