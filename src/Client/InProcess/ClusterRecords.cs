using OrleansStream.Contracts;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;
using FetchRequest = OrleansStream.Protocols.Kafka.Messages.FetchRequest;
using PartitionFetch = OrleansStream.Contracts.FetchRequest;

namespace OrleansStream.Client.InProcess;

/// <summary>Writes and reads records of a cluster's partitions.</summary>
internal sealed class ClusterRecords(ICluster cluster)
{
    public async Task<ProduceResponse> ProduceAsync(ProduceRequest request, CancellationToken cancellationToken)
        => new(await ForEachAsync(request.Topics, entry => entry.Index, async (partition, entry) =>
        {
            var reply = partition is null
                ? AppendReply.Refused(StreamError.UnknownTopicOrPartition)
                : await partition.AppendAsync(
                    new AppendRequest(
                        entry.Records,
                        request.Acks == 1 ? Acks.Leader : Acks.All,
                        TimeSpan.FromMilliseconds(request.TimeoutMs)),
                    cancellationToken).ConfigureAwait(false);
            return new ProducedPartition(
                entry.Index,
                reply.Error.ToErrorCode(),
                reply.BaseOffset,
                reply.LogAppendTimestamp,
                reply.LogStartOffset,
                ErrorMessage: reply.Message);
        }, cancellationToken).ConfigureAwait(false));

    public async Task<ListOffsetsResponse> ListOffsetsAsync(
        ListOffsetsRequest request, CancellationToken cancellationToken)
        => new(await ForEachAsync(request.Topics, entry => entry.Index, async (partition, entry) =>
        {
            var query = entry.Timestamp switch
            {
                ListOffsetsPartition.Latest => new OffsetQuery(OffsetKind.Latest),
                ListOffsetsPartition.Earliest => new OffsetQuery(OffsetKind.Earliest),
                _ => new OffsetQuery(OffsetKind.AtTimestamp, entry.Timestamp),
            };
            var reply = partition is null
                ? new OffsetReply(StreamError.UnknownTopicOrPartition, -1, -1, -1)
                : await partition.FindOffsetAsync(query, cancellationToken).ConfigureAwait(false);
            return new ListedOffset(
                entry.Index, reply.Error.ToErrorCode(), reply.Timestamp, reply.Offset, reply.LeaderEpoch);
        }, cancellationToken).ConfigureAwait(false));

    public async Task<DeleteRecordsResponse> DeleteAsync(
        DeleteRecordsRequest request, CancellationToken cancellationToken)
        => new(await ForEachAsync(request.Topics, entry => entry.Index, async (partition, entry) =>
        {
            var reply = partition is null
                ? new DeleteRecordsReply(StreamError.UnknownTopicOrPartition, -1)
                : await partition.DeleteRecordsAsync(entry.BeforeOffset, cancellationToken).ConfigureAwait(false);
            return new DeletedRecords(entry.Index, reply.LogStartOffset, reply.Error.ToErrorCode());
        }, cancellationToken).ConfigureAwait(false));

    /// <summary>Reads all partitions; waits for one of them when none has anything.</summary>
    public async Task<FetchResponse> FetchAsync(FetchRequest request, CancellationToken cancellationToken)
    {
        PerTopic<FetchPartition>[] topics =
            [.. request.Topics.Select(topic => new PerTopic<FetchPartition>(topic.Name, topic.Partitions))];
        var share = request.MaxBytes / Math.Max(1, topics.Sum(topic => topic.Partitions.Count));
        var read = await ReadAllAsync(TimeSpan.Zero, cancellationToken).ConfigureAwait(false);
        if (request.MaxWaitMs > 0 && read.All(topic => topic.Partitions.All(IsEmpty)))
        {
            using var found = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            read = await ReadAllAsync(TimeSpan.FromMilliseconds(request.MaxWaitMs), found.Token, found)
                .ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
        }

        return new FetchResponse(
            ErrorCode.None, 0, [.. read.Select(topic => new FetchedTopic(topic.Name, default, topic.Partitions))]);

        Task<PerTopic<FetchedPartition>[]> ReadAllAsync(
            TimeSpan wait, CancellationToken token, CancellationTokenSource? found = null)
            => ForEachAsync(topics, entry => entry.Index, async (partition, entry) =>
            {
                var fetch = new PartitionFetch(
                    entry.Offset, Math.Max(1, Math.Min(share, entry.MaxBytes)), request.MinBytes, wait);
                var answer = await ReadAsync(partition, entry.Index, fetch, token).ConfigureAwait(false);
                if (found is not null && !IsEmpty(answer))
                {
                    await found.CancelAsync().ConfigureAwait(false);
                }

                return answer;
            }, cancellationToken);
    }

    private static bool IsEmpty(FetchedPartition fetched)
        => fetched.Error == ErrorCode.None && fetched.Records.LengthBytes == 0;

    private static async Task<FetchedPartition> ReadAsync(
        IPartition? partition, int index, PartitionFetch fetch, CancellationToken cancellationToken)
    {
        try
        {
            var reply = partition is null
                ? FetchReply.Refused(StreamError.UnknownTopicOrPartition)
                : await partition.FetchAsync(fetch, cancellationToken).ConfigureAwait(false);
            return new FetchedPartition(
                index,
                reply.Error.ToErrorCode(),
                reply.HighWatermark,
                reply.LastStableOffset,
                reply.LogStartOffset,
                reply.Records);
        }
        catch (OperationCanceledException)
        {
            // Another partition had something, so this one need not wait any longer.
            return new FetchedPartition(index, ErrorCode.None, fetch.Offset, -1, -1, FetchedRecords.Empty);
        }
    }

    /// <summary>Does something with all partitions at once, having begun in their order.</summary>
    private async Task<PerTopic<TOut>[]> ForEachAsync<TIn, TOut>(
        IReadOnlyList<PerTopic<TIn>> topics,
        Func<TIn, int> numberOf,
        Func<IPartition?, TIn, Task<TOut>> action,
        CancellationToken cancellationToken)
        where TIn : IKafkaStruct<TIn>
        where TOut : IKafkaStruct<TOut>
        => await Task.WhenAll(topics.Select(async topic =>
        {
            var known = await cluster.Topics.FindAsync(topic.Name, cancellationToken).ConfigureAwait(false);
            return new PerTopic<TOut>(topic.Name, await Task.WhenAll(topic.Partitions.Select(entry => action(
                known is not null && numberOf(entry) < known.PartitionCount
                    ? cluster.GetPartition(new PartitionId(known.Id, numberOf(entry)))
                    : null,
                entry))).ConfigureAwait(false));
        })).ConfigureAwait(false);
}
