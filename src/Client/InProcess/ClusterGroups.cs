using OrleansStream.Contracts;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;
using JoinGroupRequest = OrleansStream.Protocols.Kafka.Messages.JoinGroupRequest;
using LeaveGroupRequest = OrleansStream.Protocols.Kafka.Messages.LeaveGroupRequest;
using SyncGroupRequest = OrleansStream.Protocols.Kafka.Messages.SyncGroupRequest;

namespace OrleansStream.Client.InProcess;

/// <summary>Answers what members and admins ask of a cluster's groups.</summary>
internal sealed class ClusterGroups(ICluster cluster, string clientId)
{
    private readonly IGroupCoordinator _groups = cluster.Groups;

    public async Task<JoinGroupResponse> JoinAsync(JoinGroupRequest request, CancellationToken cancellationToken)
    {
        var joining = request.ToCoordinator(clientId, "in-process", takesId: true, takesSkip: true);
        return (await _groups.JoinAsync(joining, cancellationToken).ConfigureAwait(false)).ToResponse();
    }

    public async Task<SyncGroupResponse> SyncAsync(SyncGroupRequest request, CancellationToken cancellationToken)
        => (await _groups.SyncAsync(request.ToCoordinator(), cancellationToken).ConfigureAwait(false)).ToResponse();

    public async Task<HeartbeatResponse> HeartbeatAsync(HeartbeatRequest request, CancellationToken cancellationToken)
        => new((await _groups.HeartbeatAsync(request.ToMember(), cancellationToken).ConfigureAwait(false))
            .ToGroupErrorCode());

    public async Task<LeaveGroupResponse> LeaveAsync(LeaveGroupRequest request, CancellationToken cancellationToken)
        => (await _groups.LeaveAsync(request.ToCoordinator(), cancellationToken).ConfigureAwait(false))
            .ToResponse(request);

    public async Task<OffsetCommitResponse> CommitAsync(
        OffsetCommitRequest request, CancellationToken cancellationToken)
    {
        var topics = new Dictionary<string, Guid>();
        foreach (var topic in request.Topics)
        {
            if (await cluster.Topics.FindAsync(topic.Name, cancellationToken).ConfigureAwait(false) is { } known)
            {
                topics[topic.Name] = known.Id;
            }
        }

        CommittedOffset[] offsets = [.. request.Topics
            .Where(topic => topics.ContainsKey(topic.Name))
            .SelectMany(topic => topic.Partitions, (topic, entry) => new CommittedOffset(
                new PartitionId(topics[topic.Name], entry.Index),
                entry.Offset,
                entry.LeaderEpoch,
                entry.Metadata ?? ""))];
        var reply = offsets is []
            ? new CommitOffsetsReply(StreamError.None, [])
            : await _groups.CommitOffsetsAsync(new(request.ToMember(), Retention: null, offsets), cancellationToken)
                .ConfigureAwait(false);
        var outcomes = new Queue<StreamError>(reply.Offsets);
        return new OffsetCommitResponse([.. request.Topics.Select(topic => new PerTopic<PartitionError>(
            topic.Name,
            [.. topic.Partitions.Select(entry => new PartitionError(entry.Index, ErrorOf(topic.Name)))]))]);

        ErrorCode ErrorOf(string topic) => !topics.ContainsKey(topic)
            ? ErrorCode.UnknownTopicOrPartition
            : (reply.Error != StreamError.None ? reply.Error : outcomes.Dequeue()).ToGroupErrorCode();
    }

    public async Task<OffsetFetchResponse> FetchOffsetsAsync(
        OffsetFetchRequest request, CancellationToken cancellationToken)
    {
        var group = request.Groups[0];
        var reply = await _groups.FetchOffsetsAsync(new(group.GroupId, Partitions: null), cancellationToken)
            .ConfigureAwait(false);
        var topics = new List<PerTopic<OffsetFetchedPartition>>();
        foreach (var offsets in reply.Offsets.GroupBy(offset => offset.Partition.TopicId))
        {
            if (await cluster.Topics.FindByIdAsync(offsets.Key, cancellationToken).ConfigureAwait(false) is { } topic)
            {
                var wanted = group.Topics?.Where(entry => entry.Topic == topic.Name)
                    .SelectMany(entry => entry.Partitions).ToHashSet();
                topics.Add(new(topic.Name, [.. offsets
                    .Where(offset => group.Topics is null || wanted!.Contains(offset.Partition.Partition))
                    .Select(GroupMessages.ToFetched)]));
            }
        }

        return new OffsetFetchResponse([new(group.GroupId, topics, reply.Error.ToGroupErrorCode())]);
    }

    public async Task<OffsetDeleteResponse> DeleteOffsetsAsync(
        OffsetDeleteRequest request, CancellationToken cancellationToken)
    {
        var (partitions, names) = (new List<PartitionId>(), new List<string>());
        foreach (var topic in request.Topics)
        {
            var known = await cluster.Topics.FindAsync(topic.Topic, cancellationToken).ConfigureAwait(false);
            StreamException.ThrowIf(
                known is null ? ErrorCode.UnknownTopicOrPartition : ErrorCode.None, $"Topic {topic.Topic}");
            partitions.AddRange(topic.Partitions.Select(partition => new PartitionId(known!.Id, partition)));
            names.AddRange(topic.Partitions.Select(_ => topic.Topic));
        }

        var reply = await _groups.DeleteOffsetsAsync(new(request.GroupId, partitions, names), cancellationToken)
            .ConfigureAwait(false);
        var first = reply.Error != StreamError.None
            ? reply.Error
            : reply.Offsets.FirstOrDefault(error => error != StreamError.None);
        return new OffsetDeleteResponse(first.ToGroupErrorCode(), []);
    }

    public async Task<ListGroupsResponse> ListAsync(CancellationToken cancellationToken)
    {
        var reply = await _groups.ListAsync(cancellationToken).ConfigureAwait(false);
        return new ListGroupsResponse(
            reply.Error.ToListGroupsErrorCode(), [.. reply.Groups.Select(GroupMessages.ToListed)]);
    }

    public async Task<DescribeGroupsResponse> DescribeAsync(
        DescribeGroupsRequest request, CancellationToken cancellationToken)
    {
        var group = await _groups.DescribeAsync(request.Groups[0], cancellationToken).ConfigureAwait(false);
        return new DescribeGroupsResponse([group.ToDescribed()]);
    }

    public async Task<DeleteGroupsResponse> DeleteAsync(
        DeleteGroupsRequest request, CancellationToken cancellationToken)
    {
        var error = await _groups.DeleteAsync(request.Groups[0], cancellationToken).ConfigureAwait(false);
        return new DeleteGroupsResponse([new DeletedGroup(request.Groups[0], error.ToGroupErrorCode())]);
    }
}
