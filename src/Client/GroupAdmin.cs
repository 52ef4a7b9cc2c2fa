using OrleansStream.Client.Connections;
using OrleansStream.Client.Groups;
using OrleansStream.Contracts;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;
using Coordinator = OrleansStream.Client.Groups.Coordinator;

namespace OrleansStream.Client;

/// <summary>Looks after groups: who is in them, and how far they have read.</summary>
/// <remarks>Calls are repeated as those of <see cref="Admin"/> are. Thread-safe.</remarks>
public sealed class GroupAdmin
{
    private readonly ClientLink _link;

    internal GroupAdmin(ClientLink link) => _link = link;

    /// <summary>All groups of the cluster, by name.</summary>
    public async Task<IReadOnlyList<GroupListEntry>> ListAsync(CancellationToken cancellationToken = default)
    {
        var cluster = await _link.RetryAsync(
            () => _link.Topics.AskAsync([], mayCreate: false, cancellationToken), cancellationToken)
            .ConfigureAwait(false);
        var lists = await Task.WhenAll(cluster.Nodes.Select(node => _link.RetryAsync(
            () => ListAsync(node.Id, cancellationToken), cancellationToken))).ConfigureAwait(false);

        // Every node answers for the groups it coordinates; one that just moved may be listed twice.
        return [.. lists
            .SelectMany(groups => groups)
            .DistinctBy(group => group.GroupId)
            .OrderBy(group => group.GroupId, StringComparer.Ordinal)];
    }

    /// <summary>Where a group stands; one that does not exist is <see cref="GroupState.Dead"/>.</summary>
    public async Task<GroupInfo> DescribeAsync(string groupId, CancellationToken cancellationToken = default)
    {
        var response = await CallAsync(
            groupId,
            new DescribeGroupsRequest([groupId]),
            answer => answer.Groups[0].Error is ErrorCode.GroupIdNotFound
                ? ErrorCode.None
                : answer.Groups[0].Error,
            cancellationToken).ConfigureAwait(false);
        var group = response.Groups[0];
        return new GroupInfo(
            groupId,
            Enum.TryParse<GroupState>(group.State, out var state) ? state : GroupState.Dead,
            group.ProtocolType,
            group.Protocol,
            [.. group.Members.Select(member => ToInfo(member, group.ProtocolType))]);
    }

    /// <summary>Deletes a group without members, and its offsets.</summary>
    public Task DeleteAsync(string groupId, CancellationToken cancellationToken = default) => CallAsync(
        groupId, new DeleteGroupsRequest([groupId]), answer => answer.Groups[0].Error, cancellationToken);

    /// <summary>How far a group has read every partition that it has committed an offset of.</summary>
    public Task<Dictionary<TopicPartition, long>> GetOffsetsAsync(
        string groupId, CancellationToken cancellationToken = default)
        => _link.RetryAsync(() => Offsets(groupId).FetchAsync(null, cancellationToken), cancellationToken);

    /// <summary>How many records a group has yet to read, by partition.</summary>
    public async Task<IReadOnlyList<GroupLag>> GetLagAsync(
        string groupId, CancellationToken cancellationToken = default)
    {
        var committed = await GetOffsetsAsync(groupId, cancellationToken).ConfigureAwait(false);
        var latest = committed.ToDictionary(entry => entry.Key, _ => OffsetPoint.Latest.Time);
        var ends = await _link.RetryAsync(
            () => OffsetLookup.FindAsync(_link, latest, cancellationToken), cancellationToken).ConfigureAwait(false);
        return [.. committed
            .Select(entry => new GroupLag(entry.Key, entry.Value, ends[entry.Key]))
            .OrderBy(entry => entry.Partition)];
    }

    /// <summary>Sets where a group without members goes on reading.</summary>
    public Task SetOffsetsAsync(
        string groupId,
        IReadOnlyCollection<TopicPartitionOffset> offsets,
        CancellationToken cancellationToken = default)
        => _link.RetryAsync(
            async () =>
            {
                await Offsets(groupId).CommitAsync(Committer.Nobody, offsets, cancellationToken).ConfigureAwait(false);
                return true;
            },
            cancellationToken);

    /// <summary>Forgets offsets of topics that no member of the group reads.</summary>
    public Task DeleteOffsetsAsync(
        string groupId, IEnumerable<TopicPartition> partitions, CancellationToken cancellationToken = default)
        => Offsets(groupId).DeleteAsync(partitions, cancellationToken);

    private GroupOffsets Offsets(string groupId) => new(_link, groupId, new Coordinator(_link, groupId));

    private async Task<IReadOnlyList<GroupListEntry>> ListAsync(int node, CancellationToken cancellationToken)
    {
        var response = await _link.CallAsync(node, Lane.Control, new ListGroupsRequest([], []), cancellationToken)
            .ConfigureAwait(false);
        StreamException.ThrowIf(response.Error, "Listing groups");
        return [.. response.Groups.Select(
            group => new GroupListEntry(group.GroupId, group.ProtocolType, group.State))];
    }

    private Task<TResponse> CallAsync<TRequest, TResponse>(
        string groupId,
        IKafkaRequest<TRequest, TResponse> request,
        Func<TResponse, ErrorCode> errorOf,
        CancellationToken cancellationToken)
        where TRequest : class, IKafkaRequest<TRequest, TResponse>
        where TResponse : class, IKafkaStruct<TResponse>
    {
        var coordinator = new Coordinator(_link, groupId);
        return _link.RetryAsync(
            async () =>
            {
                var response = await coordinator.CallAsync(Lane.Control, request, errorOf, null, cancellationToken)
                    .ConfigureAwait(false);
                StreamException.ThrowIf(errorOf(response), $"Group {groupId}");
                return response;
            },
            cancellationToken);
    }

    private static GroupMemberInfo ToInfo(DescribedMember member, string protocolType) => new(
        member.MemberId,
        member.InstanceId,
        member.ClientId,
        member.ClientHost,
        protocolType == ConsumerProtocol.Type ? ConsumerProtocol.ReadAssignment(member.Assignment) : []);
}
