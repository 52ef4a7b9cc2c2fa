using OrleansStream.Contracts;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;

namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>Finds offsets by time and by epoch, and moves the log start.</summary>
internal sealed class OffsetsApi(ICluster cluster)
{
    public async ValueTask<ListOffsetsResponse> ListAsync(ListOffsetsRequest request, KafkaCall call)
        => new(await ForEachPartitionAsync<ListOffsetsPartition, ListedOffset>(
            request.Topics,
            partition => partition.Index,
            (_, partition, wanted) => ListAsync(partition, wanted, call),
            call));

    public async ValueTask<OffsetForLeaderEpochResponse> FindEpochEndsAsync(
        OffsetForLeaderEpochRequest request, KafkaCall call)
        => new(await ForEachPartitionAsync<EpochQuestion, EpochEnd>(
            request.Topics,
            partition => partition.Index,
            (_, partition, wanted) => FindEpochEndAsync(partition, wanted, call),
            call));

    public async ValueTask<DeleteRecordsResponse> DeleteRecordsAsync(DeleteRecordsRequest request, KafkaCall call)
        => new(await ForEachPartitionAsync<DeleteRecordsPartition, DeletedRecords>(
            request.Topics,
            partition => partition.Index,
            (topic, partition, wanted) => InternalTopics.Includes(topic)
                ? new(new DeletedRecords(wanted.Index, LowWatermark: -1, InternalTopics.Refusal))
                : DeleteRecordsAsync(partition, wanted, call),
            call));

    private static async ValueTask<ListedOffset> ListAsync(
        IPartition? partition, ListOffsetsPartition wanted, KafkaCall call)
    {
        if (partition is null)
        {
            return new ListedOffset(wanted.Index, ErrorCode.UnknownTopicOrPartition);
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
        IPartition? partition, EpochQuestion wanted, KafkaCall call)
    {
        if (partition is null)
        {
            return new EpochEnd(wanted.Index, ErrorCode.UnknownTopicOrPartition);
        }

        var reply = await partition.FindEpochEndAsync(new(wanted.Epoch, wanted.CurrentLeaderEpoch), call.Closed);
        return reply.Error == StreamError.None
            ? new EpochEnd(wanted.Index, ErrorCode.None, reply.Epoch, reply.EndOffset)
            : new EpochEnd(wanted.Index, reply.Error.ToErrorCode());
    }

    private static async ValueTask<DeletedRecords> DeleteRecordsAsync(
        IPartition? partition, DeleteRecordsPartition wanted, KafkaCall call)
    {
        if (partition is null)
        {
            return new DeletedRecords(wanted.Index, LowWatermark: -1, ErrorCode.UnknownTopicOrPartition);
        }

        var reply = await partition.DeleteRecordsAsync(wanted.BeforeOffset, call.Closed);
        return reply.Error == StreamError.None
            ? new DeletedRecords(wanted.Index, reply.LogStartOffset, ErrorCode.None)
            : new DeletedRecords(wanted.Index, LowWatermark: -1, reply.Error.ToErrorCode());
    }

    /// <summary>Asks each partition, in the order of the request; null stands for one that does not exist.</summary>
    private async ValueTask<PerTopic<TAnswer>[]> ForEachPartitionAsync<TWanted, TAnswer>(
        IReadOnlyList<PerTopic<TWanted>> topics,
        Func<TWanted, int> indexOf,
        Func<string, IPartition?, TWanted, ValueTask<TAnswer>> answer,
        KafkaCall call)
        where TWanted : IKafkaStruct<TWanted>
        where TAnswer : IKafkaStruct<TAnswer>
    {
        var answers = new PerTopic<TAnswer>[topics.Count];
        for (var i = 0; i < answers.Length; i++)
        {
            var topic = await cluster.Topics.FindAsync(topics[i].Name, call.Closed);
            var partitions = new TAnswer[topics[i].Partitions.Count];
            for (var j = 0; j < partitions.Length; j++)
            {
                var wanted = topics[i].Partitions[j];
                var index = indexOf(wanted);
                var exists = topic is not null && index >= 0 && index < topic.PartitionCount;
                var partition = exists ? cluster.GetPartition(new PartitionId(topic!.Id, index)) : null;
                partitions[j] = await answer(topics[i].Name, partition, wanted);
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
}
