using Microsoft.Extensions.Options;
using OrleansStream.Contracts;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;
using FetchRequest = OrleansStream.Protocols.Kafka.Messages.FetchRequest;

namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>Reads records for consumers, and lets them wait for new ones.</summary>
/// <remarks>
/// There are no fetch sessions: every request names all its partitions, and session id 0 in the reply tells the client
/// to go on like that.
/// </remarks>
internal sealed class FetchApi(
    ICluster cluster, KafkaQuotas quotas, TimeProvider time, IOptions<KafkaApiOptions> options)
{
    private const sbyte ReadCommitted = 1;

    private readonly KafkaApiOptions _options = options.Value;

    public async Task<KafkaReply> AnswerAsync(FetchRequest request, KafkaCall call)
    {
        if (request.SessionEpoch > 0)
        {
            return call.Reply(new FetchResponse(ErrorCode.FetchSessionIdNotFound, SessionId: 0, Topics: []));
        }

        // No more than its quota allows in a while: a client that gets more at once only has to wait for longer.
        var maxBytes = quotas.CutFetch(call.Client, request.MaxBytes);
        if (maxBytes < request.MaxBytes)
        {
            request = request with { MaxBytes = maxBytes };
        }

        var round = new FetchRound(await FindPartitionsAsync(request, call), BudgetBytes(request));
        try
        {
            await FillAsync(round, request, call.Closed);
            var throttleTimeMs = quotas.Charge(QuotaKind.Fetch, call.Client, round.TotalBytes);
            return call.Reply(
                ToResponse(request, round) with { ThrottleTimeMs = throttleTimeMs }, records: round);
        }
        catch
        {
            round.Dispose();
            throw;
        }
    }

    private async ValueTask<PartitionRead[][]> FindPartitionsAsync(FetchRequest request, KafkaCall call)
    {
        var byId = call.Version >= 13;
        var reads = new PartitionRead[request.Topics.Count][];
        for (var i = 0; i < reads.Length; i++)
        {
            var wanted = request.Topics[i];
            var topic = byId
                ? await cluster.Topics.FindByIdAsync(wanted.Id, call.Closed)
                : await cluster.Topics.FindAsync(wanted.Name, call.Closed);
            var unknown = byId && topic is null ? StreamError.UnknownTopicId : StreamError.UnknownTopicOrPartition;
            reads[i] = new PartitionRead[wanted.Partitions.Count];
            for (var j = 0; j < reads[i].Length; j++)
            {
                var partition = wanted.Partitions[j];
                var exists = topic is not null && partition.Index >= 0 && partition.Index < topic.PartitionCount;
                reads[i][j] = exists
                    ? new PartitionRead(partition, cluster.GetPartition(new PartitionId(topic!.Id, partition.Index)))
                    : new PartitionRead(partition, unknown);
            }
        }

        return reads;
    }

    /// <summary>Reads until there is enough, something is wrong, or the time is over.</summary>
    private async Task FillAsync(FetchRound round, FetchRequest request, CancellationToken closed)
    {
        var started = time.GetTimestamp();
        var maxWait = TimeSpan.FromMilliseconds(
            Math.Clamp(request.MaxWaitMs, 0, _options.MaxFetchWait.TotalMilliseconds));
        var minBytes = Math.Min(request.MinBytes, BudgetBytes(request));
        if (round.HasSinglePartition)
        {
            // The partition can do the waiting itself.
            await round.ReadAsync(minBytes, maxWait, closed);
            return;
        }

        await round.ReadAsync(minBytes: 0, TimeSpan.Zero, closed);
        var grows = true;
        while (grows && !round.IsEnough(minBytes))
        {
            var remaining = maxWait - time.GetElapsedTime(started);
            if (remaining <= TimeSpan.Zero)
            {
                return;
            }

            var before = round.TotalBytes;
            await round.WaitForMoreAsync(minBytes, remaining, closed);
            await round.ReadAsync(minBytes: 0, TimeSpan.Zero, closed);
            grows = round.TotalBytes > before;
        }
    }

    private int BudgetBytes(FetchRequest request) => Math.Clamp(request.MaxBytes, 0, _options.MaxFetchBytes);

    private static FetchResponse ToResponse(FetchRequest request, FetchRound round)
    {
        IReadOnlyList<AbortedTransaction>? aborted = request.IsolationLevel == ReadCommitted ? [] : null;
        var topics = new FetchedTopic[request.Topics.Count];
        for (var i = 0; i < topics.Length; i++)
        {
            var reads = round.Topics[i];
            var partitions = new FetchedPartition[reads.Length];
            for (var j = 0; j < reads.Length; j++)
            {
                var reply = reads[j].Reply;
                partitions[j] = new FetchedPartition(
                    reads[j].Index,
                    ToErrorCode(reply.Error),
                    reply.HighWatermark,
                    reply.LastStableOffset,
                    reply.LogStartOffset,
                    reply.Records,
                    aborted);
            }

            topics[i] = new FetchedTopic(request.Topics[i].Name, request.Topics[i].Id, partitions);
        }

        return new FetchResponse(ErrorCode.None, SessionId: 0, topics);
    }

    // Consumers do not expect a time-out here and stop; when there was no memory to read into they are to come again.
    private static ErrorCode ToErrorCode(StreamError error)
        => error == StreamError.TimedOut ? ErrorCode.None : error.ToErrorCode();
}
