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
        var reply = await _groups.JoinAsync(
            new(
                request.GroupId,
                request.MemberId,
                request.InstanceId,
                clientId,
                ClientHost: "in-process",
                RequiresKnownMemberId: true,
                TimeSpan.FromMilliseconds(request.SessionTimeoutMs),
                TimeSpan.FromMilliseconds(request.RebalanceTimeoutMs),
                request.ProtocolType,
                [.. request.Protocols.Select(protocol => new GroupProtocol(protocol.Name, protocol.Metadata))],
                KnowsSkipAssignment: true),
            cancellationToken).ConfigureAwait(false);
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

    public async Task<SyncGroupResponse> SyncAsync(SyncGroupRequest request, CancellationToken cancellationToken)
    {
        var reply = await _groups.SyncAsync(
            new(
                new GroupMember(request.GroupId, request.GenerationId, request.MemberId, request.InstanceId),
                request.ProtocolType,
                request.ProtocolName,
                [.. request.Assignments.Select(given => new MemberAssignment(given.MemberId, given.Assignment))]),
            cancellationToken).ConfigureAwait(false);
        return new SyncGroupResponse(
            reply.Error.ToGroupErrorCode(), reply.ProtocolType, reply.Protocol, reply.Assignment);
    }

    public async Task<HeartbeatResponse> HeartbeatAsync(HeartbeatRequest request, CancellationToken cancellationToken)
        => new((await _groups.HeartbeatAsync(
            new(request.GroupId, request.GenerationId, request.MemberId, request.InstanceId), cancellationToken)
            .ConfigureAwait(false)).ToGroupErrorCode());

    public async Task<LeaveGroupResponse> LeaveAsync(LeaveGroupRequest request, CancellationToken cancellationToken)
    {
        var leaving = request.Members.Select(member => new LeavingMember(member.MemberId, member.InstanceId));
        var reply = await _groups.LeaveAsync(new(request.GroupId, [.. leaving]), cancellationToken)
            .ConfigureAwait(false);
        return new LeaveGroupResponse(reply.Error.ToGroupErrorCode(), []);
    }

    public async Task<OffsetCommitResponse> CommitAsync(
        OffsetCommitRequest request, CancellationToken cancellationToken)
    {
        var member = new GroupMember(request.GroupId, request.GenerationId, request.MemberId, request.InstanceId);
        var topics = new List<PerTopic<PartitionError>>();
        foreach (var topic in request.Topics)
        {
            var known = await cluster.Topics.FindAsync(topic.Name, cancellationToken).ConfigureAwait(false);
            CommittedOffset[] offsets = [.. topic.Partitions.Select(entry => new CommittedOffset(
                new PartitionId(known?.Id ?? default, entry.Index),
                entry.Offset,
                entry.LeaderEpoch,
                entry.Metadata ?? ""))];
            var reply = known is null
                ? new CommitOffsetsReply(StreamError.UnknownTopicOrPartition, [])
                : await _groups.CommitOffsetsAsync(new(member, Retention: null, offsets), cancellationToken)
                    .ConfigureAwait(false);
            topics.Add(new(topic.Name, [.. topic.Partitions.Select((entry, i) => new PartitionError(
                entry.Index, (reply.Error != StreamError.None ? reply.Error : reply.Offsets[i]).ToGroupErrorCode()))]));
        }

        return new OffsetCommitResponse(topics);
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
                    .Select(offset => new OffsetFetchedPartition(
                        offset.Partition.Partition,
                        offset.Offset,
                        offset.LeaderEpoch,
                        offset.Metadata,
                        ErrorCode.None))]));
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
        return new ListGroupsResponse(reply.Error.ToListGroupsErrorCode(), [.. reply.Groups.Select(
            group => new ListedGroup(group.GroupId, group.ProtocolType, group.State.ToString(), "classic"))]);
    }

    public async Task<DescribeGroupsResponse> DescribeAsync(
        DescribeGroupsRequest request, CancellationToken cancellationToken)
    {
        var group = await _groups.DescribeAsync(request.Groups[0], cancellationToken).ConfigureAwait(false);
        return new DescribeGroupsResponse([new DescribedGroup(
            group.Error.ToGroupErrorCode(),
            null,
            group.GroupId,
            group.State.ToString(),
            group.ProtocolType,
            group.Protocol,
            [.. group.Members.Select(member => new DescribedMember(
                member.MemberId,
                member.InstanceId,
                member.ClientId,
                member.ClientHost,
                member.Metadata,
                member.Assignment))])]);
    }

    public async Task<DeleteGroupsResponse> DeleteAsync(
        DeleteGroupsRequest request, CancellationToken cancellationToken)
    {
        var error = await _groups.DeleteAsync(request.Groups[0], cancellationToken).ConfigureAwait(false);
        return new DeleteGroupsResponse([new DeletedGroup(request.Groups[0], error.ToGroupErrorCode())]);
    }
}
