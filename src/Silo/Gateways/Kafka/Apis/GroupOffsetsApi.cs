using OrleansStream.Contracts;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;
using OrleansStream.Silo.Gateways.Security;

namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>Stores, tells and forgets how far groups have read.</summary>
/// <remarks>
/// Clients name partitions by topic, the coordinator by topic id: a topic deleted and made again has no offsets.
/// </remarks>
internal sealed class GroupOffsetsApi(ICluster cluster, AccessControl control, AuditLog audit)
{
    /// <summary>From here on a group's error stands by itself; before, every partition repeats it.</summary>
    private const short GroupErrorVersion = 2;

    public async ValueTask<OffsetCommitResponse> CommitAsync(OffsetCommitRequest request, KafkaCall call)
    {
        var access = await control.OfAsync(call);
        var topics = access.ToGroup(request.GroupId)
            ? await FindTopicsAsync(request.Topics.Select(topic => topic.Name), access, call.Closed)
            : [.. request.Topics.Select(_ => new NamedTopic(null, ErrorCode.GroupAuthorizationFailed))];
        CommittedOffset[] offsets =
        [
            .. request.Topics.Zip(topics, (asked, topic) => asked.Partitions
                .Where(partition => Has(topic, partition.Index))
                .Select(partition => new CommittedOffset(
                    new(topic.Known!.Id, partition.Index),
                    partition.Offset,
                    partition.LeaderEpoch,
                    partition.Metadata ?? ""))).SelectMany(ofTopic => ofTopic),
        ];
        var asked = request.Topics.Select(topic => new PartitionNumbers(
            topic.Name, [.. topic.Partitions.Select(partition => partition.Index)]));
        if (offsets.Length == 0)
        {
            return new OffsetCommitResponse(ToErrors(asked, topics, []));
        }

        var reply = await cluster.Groups.CommitOffsetsAsync(
            new(
                request.ToMember(),
                ToRetention(request.RetentionTimeMs),
                offsets),
            call.Closed);
        var errors = reply.Error == StreamError.None
            ? reply.Offsets
            : Enumerable.Repeat(reply.Error, offsets.Length);
        return new OffsetCommitResponse(ToErrors(asked, topics, errors));
    }

    public async ValueTask<OffsetFetchResponse> FetchAsync(OffsetFetchRequest request, KafkaCall call)
    {
        var groups = new OffsetFetchedGroup[request.Groups.Count];
        for (var i = 0; i < groups.Length; i++)
        {
            groups[i] = await FetchAsync(request.Groups[i], call);
        }

        return new OffsetFetchResponse(groups);
    }

    public async ValueTask<OffsetDeleteResponse> DeleteAsync(OffsetDeleteRequest request, KafkaCall call)
    {
        var access = await control.OfAsync(call);
        if (!access.ToGroup(request.GroupId))
        {
            audit.Record(call, "delete offsets", request.GroupId, ErrorCode.GroupAuthorizationFailed);
            return new OffsetDeleteResponse(ErrorCode.GroupAuthorizationFailed, []);
        }

        var topics = await FindTopicsAsync(request.Topics.Select(topic => topic.Topic), access, call.Closed);
        var partitions = ListKnown(request.Topics, topics);
        var names = request.Topics.Zip(topics, (asked, topic) => Enumerable.Repeat(
            asked.Topic, asked.Partitions.Count(index => Has(topic, index)))).SelectMany(ofTopic => ofTopic);
        var reply = await cluster.Groups.DeleteOffsetsAsync(
            new(request.GroupId, partitions, [.. names]), call.Closed);
        var named = string.Join(", ", request.Topics.Select(topic => topic.Topic));
        audit.Record(call, "delete offsets", request.GroupId, reply.Error.ToGroupErrorCode(), $"of {named}");
        return reply.Error == StreamError.None
            ? new OffsetDeleteResponse(ErrorCode.None, ToErrors(request.Topics, topics, reply.Offsets))
            : new OffsetDeleteResponse(reply.Error.ToGroupErrorCode(), []);
    }

    // A client may ask for longer than a TimeSpan lasts.
    private static TimeSpan? ToRetention(long milliseconds) => milliseconds < 0
        ? null
        : TimeSpan.FromMilliseconds(Math.Min(milliseconds, (long)TimeSpan.MaxValue.TotalMilliseconds));

    private async ValueTask<OffsetFetchedGroup> FetchAsync(OffsetFetchGroup asked, KafkaCall call)
    {
        var access = await control.OfAsync(call);
        if (!access.ToGroup(asked.GroupId))
        {
            return Refuse(asked, ErrorCode.GroupAuthorizationFailed, call.Version);
        }

        var topics = asked.Topics is null
            ? null
            : await FindTopicsAsync(asked.Topics.Select(topic => topic.Topic), access, call.Closed);
        var reply = await cluster.Groups.FetchOffsetsAsync(
            new(
                asked.GroupId,
                topics is null ? null : [.. ListKnown(asked.Topics!, topics).Distinct()],
                asked.MemberId,
                asked.MemberEpoch),
            call.Closed);
        if (reply.Error != StreamError.None)
        {
            return Refuse(asked, reply.Error.ToOffsetFetchErrorCode(), call.Version);
        }

        return new OffsetFetchedGroup(
            asked.GroupId,
            topics is null
                ? await NameAllAsync(reply.Offsets, access, call.Closed)
                : Answer(asked.Topics!, topics, reply.Offsets));
    }

    // A topic that does not exist has no offsets either; Kafka, too, makes no error of that here.
    private static PerTopic<OffsetFetchedPartition>[] Answer(
        IReadOnlyList<PartitionNumbers> asked,
        NamedTopic[] topics,
        IReadOnlyList<CommittedOffset> offsets)
    {
        var committed = offsets.ToDictionary(offset => offset.Partition);
        return
        [
            .. asked.Zip(topics, (ofTopic, topic) => new PerTopic<OffsetFetchedPartition>(
                ofTopic.Topic,
                [.. ofTopic.Partitions.Select(index =>
                    topic.Known is { } known && committed.TryGetValue(new(known.Id, index), out var offset)
                        ? offset.ToFetched()
                        : Nothing(index, topic.WhyNot == ErrorCode.TopicAuthorizationFailed
                            ? topic.WhyNot
                            : ErrorCode.None))])),
        ];
    }

    private async ValueTask<PerTopic<OffsetFetchedPartition>[]> NameAllAsync(
        IReadOnlyList<CommittedOffset> offsets, Access access, CancellationToken closed)
    {
        var named = new List<PerTopic<OffsetFetchedPartition>>();
        foreach (var ofTopic in offsets.GroupBy(offset => offset.Partition.TopicId))
        {
            if (await cluster.Topics.FindByIdAsync(ofTopic.Key, closed) is { } topic
                && access.ToTopic(topic.Name))
            {
                var inOrder = ofTopic.OrderBy(offset => offset.Partition);
                named.Add(new(topic.Name, [.. inOrder.Select(GroupMessages.ToFetched)]));
            }
        }

        return [.. named.OrderBy(topic => topic.Name, StringComparer.Ordinal)];
    }

    private static OffsetFetchedGroup Refuse(OffsetFetchGroup asked, ErrorCode error, short version)
        => version >= GroupErrorVersion
            ? new(asked.GroupId, [], error)
            : new(asked.GroupId, [.. asked.Topics!.Select(topic => new PerTopic<OffsetFetchedPartition>(
                topic.Topic, [.. topic.Partitions.Select(index => Nothing(index, error))]))]);

    private static OffsetFetchedPartition Nothing(int index, ErrorCode error)
        => new(index, Offset: -1, LeaderEpoch: -1, Metadata: "", error);

    private async ValueTask<NamedTopic[]> FindTopicsAsync(
        IEnumerable<string> names, Access access, CancellationToken closed)
    {
        var topics = new List<NamedTopic>();
        foreach (var name in names)
        {
            topics.Add(access.ToTopic(name)
                ? new NamedTopic(await cluster.Topics.FindAsync(name, closed), ErrorCode.UnknownTopicOrPartition)
                : new NamedTopic(null, ErrorCode.TopicAuthorizationFailed));
        }

        return [.. topics];
    }

    private static PartitionId[] ListKnown(IEnumerable<PartitionNumbers> asked, NamedTopic[] topics) =>
    [
        .. asked.Zip(topics, (ofTopic, topic) => ofTopic.Partitions
            .Where(index => Has(topic, index))
            .Select(index => new PartitionId(topic.Known!.Id, index))).SelectMany(ofTopic => ofTopic),
    ];

    /// <param name="ofKnown">The outcomes of the partitions that exist, in the order they were asked about.</param>
    private static PerTopic<PartitionError>[] ToErrors(
        IEnumerable<PartitionNumbers> asked, NamedTopic[] topics, IEnumerable<StreamError> ofKnown)
    {
        var outcomes = new Queue<StreamError>(ofKnown);
        return
        [
            .. asked.Zip(topics, (ofTopic, topic) => new PerTopic<PartitionError>(
                ofTopic.Topic,
                [.. ofTopic.Partitions.Select(index => new PartitionError(
                    index,
                    Has(topic, index)
                        ? outcomes.Dequeue().ToGroupErrorCode()
                        : topic.WhyNot))])),
        ];
    }

    private static bool Has(NamedTopic topic, int partition)
        => topic.Known is not null && partition >= 0 && partition < topic.Known.PartitionCount;

    /// <summary>A topic that a client has named, or why there is none for it.</summary>
    private readonly record struct NamedTopic(TopicDescription? Known, ErrorCode WhyNot);
}
