using OrleansStream.Contracts;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;
using OrleansStream.Silo.Gateways.Security;

namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>Finds offsets by time and by epoch, and moves the log start.</summary>
internal sealed class OffsetsApi(ICluster cluster, AccessControl control, AuditLog audit)
{
    public async ValueTask<ListOffsetsResponse> ListAsync(ListOffsetsRequest request, KafkaCall call)
        => new(await ForEachPartitionAsync<ListOffsetsPartition, ListedOffset>(
            request.Topics,
            partition => partition.Index,
            (_, found, wanted) => ListAsync(found, wanted, call),
            call));

    public async ValueTask<OffsetForLeaderEpochResponse> FindEpochEndsAsync(
        OffsetForLeaderEpochRequest request, KafkaCall call)
        => new(await ForEachPartitionAsync<EpochQuestion, EpochEnd>(
            request.Topics,
            partition => partition.Index,
            (_, found, wanted) => FindEpochEndAsync(found, wanted, call),
            call));

    public async ValueTask<DeleteRecordsResponse> DeleteRecordsAsync(DeleteRecordsRequest request, KafkaCall call)
        => new(await ForEachPartitionAsync<DeleteRecordsPartition, DeletedRecords>(
            request.Topics,
            partition => partition.Index,
            async (topic, found, wanted) =>
            {
                var deleted = found.Partition is not null && InternalTopics.Includes(topic)
                    ? new DeletedRecords(wanted.Index, LowWatermark: -1, InternalTopics.Refusal)
                    : await DeleteRecordsAsync(found, wanted, call);
                audit.Record(
                    call, "delete records", $"{topic}-{wanted.Index}", deleted.Error, $"before {wanted.BeforeOffset}");
                return deleted;
            },
            call));

    private static async ValueTask<ListedOffset> ListAsync(
        Found found, ListOffsetsPartition wanted, KafkaCall call)
    {
        if (found.Partition is not { } partition)
        {
            return new ListedOffset(wanted.Index, found.Error);
        }

        if (wanted.Timestamp < 0 && call.Version < FirstVersionOf(wanted.Timestamp))
        {
            return new ListedOffset(wanted.Index, ErrorCode.UnsupportedVersion);
        }

        if (wanted.Timestamp == ListOffsetsPartition.LatestTiered)
        {
            // Nothing is tiered, so there is no such offset.
            return new ListedOffset(wanted.Index, ErrorCode.None);
        }

        var query = new OffsetQuery(ToKind(wanted.Timestamp), wanted.Timestamp, wanted.CurrentLeaderEpoch);
        var reply = await partition.FindOffsetAsync(query, call.Closed);
        return reply.Error == StreamError.None
            ? new ListedOffset(wanted.Index, ErrorCode.None, reply.Timestamp, reply.Offset, reply.LeaderEpoch)
            : new ListedOffset(wanted.Index, reply.Error.ToErrorCode());
    }

    private static async ValueTask<EpochEnd> FindEpochEndAsync(
        Found found, EpochQuestion wanted, KafkaCall call)
    {
        if (found.Partition is not { } partition)
        {
            return new EpochEnd(wanted.Index, found.Error);
        }

        var reply = await partition.FindEpochEndAsync(new(wanted.Epoch, wanted.CurrentLeaderEpoch), call.Closed);
        return reply.Error == StreamError.None
            ? new EpochEnd(wanted.Index, ErrorCode.None, reply.Epoch, reply.EndOffset)
            : new EpochEnd(wanted.Index, reply.Error.ToErrorCode());
    }

    private static async ValueTask<DeletedRecords> DeleteRecordsAsync(
        Found found, DeleteRecordsPartition wanted, KafkaCall call)
    {
        if (found.Partition is not { } partition)
        {
            return new DeletedRecords(wanted.Index, LowWatermark: -1, found.Error);
        }

        var reply = await partition.DeleteRecordsAsync(wanted.BeforeOffset, call.Closed);
        return reply.Error == StreamError.None
            ? new DeletedRecords(wanted.Index, reply.LogStartOffset, ErrorCode.None)
            : new DeletedRecords(wanted.Index, LowWatermark: -1, reply.Error.ToErrorCode());
    }

    /// <summary>Asks each partition, in the order of the request.</summary>
    private async ValueTask<PerTopic<TAnswer>[]> ForEachPartitionAsync<TWanted, TAnswer>(
        IReadOnlyList<PerTopic<TWanted>> topics,
        Func<TWanted, int> indexOf,
        Func<string, Found, TWanted, ValueTask<TAnswer>> answer,
        KafkaCall call)
        where TWanted : IKafkaStruct<TWanted>
        where TAnswer : IKafkaStruct<TAnswer>
    {
        var access = await control.OfAsync(call);
        var answers = new PerTopic<TAnswer>[topics.Count];
        for (var i = 0; i < answers.Length; i++)
        {
            var isAllowed = access.ToTopic(topics[i].Name);
            var topic = isAllowed ? await cluster.Topics.FindAsync(topics[i].Name, call.Closed) : null;
            var missing = isAllowed ? ErrorCode.UnknownTopicOrPartition : ErrorCode.TopicAuthorizationFailed;
            var partitions = new TAnswer[topics[i].Partitions.Count];
            for (var j = 0; j < partitions.Length; j++)
            {
                var wanted = topics[i].Partitions[j];
                var index = indexOf(wanted);
                var exists = topic is not null && index >= 0 && index < topic.PartitionCount;
                var partition = exists ? cluster.GetPartition(new PartitionId(topic!.Id, index)) : null;
                partitions[j] = await answer(topics[i].Name, new(partition, missing), wanted);
            }

            answers[i] = new PerTopic<TAnswer>(topics[i].Name, partitions);
        }

        return answers;
    }

    private static OffsetKind ToKind(long timestamp) => timestamp switch
    {
        ListOffsetsPartition.Latest => OffsetKind.Latest,

        // Nothing is only in remote storage.
        ListOffsetsPartition.Earliest or ListOffsetsPartition.EarliestLocal => OffsetKind.Earliest,
        ListOffsetsPartition.MaxTimestamp => OffsetKind.MaxTimestamp,
        _ => OffsetKind.AtTimestamp,
    };

    private static int FirstVersionOf(long specialTimestamp) => specialTimestamp switch
    {
        ListOffsetsPartition.Latest or ListOffsetsPartition.Earliest => 0,
        ListOffsetsPartition.MaxTimestamp => 7,
        ListOffsetsPartition.EarliestLocal => 8,
        ListOffsetsPartition.LatestTiered => 9,
        _ => int.MaxValue,
    };

    /// <summary>A partition, or why there is none for the client.</summary>
    private readonly record struct Found(IPartition? Partition, ErrorCode Error);
}
