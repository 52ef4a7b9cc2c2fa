using System.Text;

namespace OrleansStream.Contracts;

/// <summary>All groups of a cluster: hands each call to the coordinator that its group belongs to.</summary>
/// <remarks>
/// A group belongs to the partition of <see cref="TopicDescription.GroupsTopic"/> that the hash of its id names. The
/// topic is created by the first call that has something to keep; until then there are no groups. Its number of
/// partitions never changes. Thread-safe.
/// </remarks>
/// <param name="coordinators">The coordinator of the groups that a partition holds.</param>
public sealed class GroupRouter(ITopicCatalog topics, Func<PartitionId, IGroupCoordinator> coordinators)
    : IGroupCoordinator
{
    // Nothing is forgotten by age or size: coordinators delete what they have rewritten. One group may fill a batch.
    private static readonly Dictionary<string, string> TopicConfigs = new()
    {
        ["retention.ms"] = "-1",
        ["max.message.bytes"] = "104857600",
    };

    private volatile TopicDescription? _topic;

    public async ValueTask<JoinGroupReply> JoinAsync(JoinGroupRequest request, CancellationToken cancellationToken)
        => await (await FindOrCreateAsync(request.GroupId, cancellationToken).ConfigureAwait(false))
            .JoinAsync(request, cancellationToken).ConfigureAwait(false);

    public async ValueTask<SyncGroupReply> SyncAsync(SyncGroupRequest request, CancellationToken cancellationToken)
        => await (await FindAsync(request.Member.GroupId, cancellationToken).ConfigureAwait(false))
            .SyncAsync(request, cancellationToken).ConfigureAwait(false);

    public async ValueTask<StreamError> HeartbeatAsync(GroupMember member, CancellationToken cancellationToken)
        => await (await FindAsync(member.GroupId, cancellationToken).ConfigureAwait(false))
            .HeartbeatAsync(member, cancellationToken).ConfigureAwait(false);

    public async ValueTask<LeaveGroupReply> LeaveAsync(LeaveGroupRequest request, CancellationToken cancellationToken)
        => await (await FindAsync(request.GroupId, cancellationToken).ConfigureAwait(false))
            .LeaveAsync(request, cancellationToken).ConfigureAwait(false);

    public async ValueTask<CommitOffsetsReply> CommitOffsetsAsync(
        CommitOffsetsRequest request, CancellationToken cancellationToken)
        => await (await FindOrCreateAsync(request.Member.GroupId, cancellationToken).ConfigureAwait(false))
            .CommitOffsetsAsync(request, cancellationToken).ConfigureAwait(false);

    public async ValueTask<FetchOffsetsReply> FetchOffsetsAsync(
        FetchOffsetsRequest request, CancellationToken cancellationToken)
        => await (await FindAsync(request.GroupId, cancellationToken).ConfigureAwait(false))
            .FetchOffsetsAsync(request, cancellationToken).ConfigureAwait(false);

    public async ValueTask<CommitOffsetsReply> DeleteOffsetsAsync(
        DeleteOffsetsRequest request, CancellationToken cancellationToken)
        => await (await FindAsync(request.GroupId, cancellationToken).ConfigureAwait(false))
            .DeleteOffsetsAsync(request, cancellationToken).ConfigureAwait(false);

    public async ValueTask<StreamError> DeleteAsync(string groupId, CancellationToken cancellationToken)
        => await (await FindAsync(groupId, cancellationToken).ConfigureAwait(false))
            .DeleteAsync(groupId, cancellationToken).ConfigureAwait(false);

    public async ValueTask<GroupDescription> DescribeAsync(string groupId, CancellationToken cancellationToken)
        => await (await FindAsync(groupId, cancellationToken).ConfigureAwait(false))
            .DescribeAsync(groupId, cancellationToken).ConfigureAwait(false);

    public async ValueTask<ListGroupsReply> ListAsync(CancellationToken cancellationToken)
    {
        var topic = await FindTopicAsync(cancellationToken).ConfigureAwait(false);
        var replies = await Task.WhenAll(
            Enumerable.Range(0, topic?.PartitionCount ?? 0)
                .Select(partition => coordinators(new(topic!.Id, partition)).ListAsync(cancellationToken).AsTask()))
            .ConfigureAwait(false);
        return new(
            replies.Select(reply => reply.Error).FirstOrDefault(error => error != StreamError.None),
            [.. replies.SelectMany(reply => reply.Groups)]);
    }

    private async ValueTask<IGroupCoordinator> FindOrCreateAsync(string groupId, CancellationToken cancellationToken)
        => Choose(
            await FindTopicAsync(cancellationToken).ConfigureAwait(false)
                ?? await CreateTopicAsync(cancellationToken).ConfigureAwait(false),
            groupId);

    private async ValueTask<IGroupCoordinator> FindAsync(string groupId, CancellationToken cancellationToken)
        => Choose(await FindTopicAsync(cancellationToken).ConfigureAwait(false), groupId);

    private IGroupCoordinator Choose(TopicDescription? topic, string groupId)
        => topic is null
            ? NoGroups.Instance
            : coordinators(new(topic.Id, (int)(Hash(groupId) % (uint)topic.PartitionCount)));

    private async ValueTask<TopicDescription?> FindTopicAsync(CancellationToken cancellationToken)
        => _topic ??= await topics.FindAsync(TopicDescription.GroupsTopic, cancellationToken).ConfigureAwait(false);

    // Null when it cannot be created now; another caller may have created it just before.
    private async ValueTask<TopicDescription?> CreateTopicAsync(CancellationToken cancellationToken)
    {
        var request = new CreateTopicRequest(TopicDescription.GroupsTopic, -1, TopicConfigs);
        var reply = await topics.CreateAsync(request, cancellationToken).ConfigureAwait(false);
        return reply.Error == StreamError.TopicExists
            ? await FindTopicAsync(cancellationToken).ConfigureAwait(false)
            : _topic = reply.Topic;
    }

    // FNV-1a over the UTF-8 bytes. Stored: a group is found again only by the same hash.
    private static uint Hash(string groupId)
    {
        const uint Basis = 2_166_136_261;
        const uint Prime = 16_777_619;
        return Encoding.UTF8.GetBytes(groupId).Aggregate(Basis, (hash, value) => (hash ^ value) * Prime);
    }
}
