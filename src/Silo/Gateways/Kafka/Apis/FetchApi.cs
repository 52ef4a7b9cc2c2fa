using Microsoft.Extensions.Options;
using OrleansStream.Contracts;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;
using OrleansStream.Silo.Gateways.Security;
using FetchRequest = OrleansStream.Protocols.Kafka.Messages.FetchRequest;

namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>Reads records for consumers, and lets them wait for new ones.</summary>
internal sealed class FetchApi(
    ICluster cluster,
    AccessControl control,
    FetchSessionCache sessions,
    KafkaQuotas quotas,
    TimeProvider time,
    IOptions<KafkaApiOptions> options)
{
    private const sbyte ReadCommitted = 1;

    /// <summary>From here on topics are named by their ids.</summary>
    private const short TopicIdVersion = 13;

    private readonly KafkaApiOptions _options = options.Value;

    public async Task<KafkaReply> AnswerAsync(FetchRequest request, KafkaCall call)
    {
        var turn = sessions.Begin(request, byTopicIds: call.Version >= TopicIdVersion);
        if (turn.Error != ErrorCode.None)
        {
            return call.Reply(Refuse(turn.Error));
        }

        // No more than its quota allows in a while: a client that gets more at once only has to wait for longer.
        var maxBytes = quotas.CutFetch(call.Client, request.MaxBytes);
        if (maxBytes < request.MaxBytes)
        {
            request = request with { MaxBytes = maxBytes };
        }

        var round = new FetchRound(await FindPartitionsAsync(turn.Positions, call), BudgetBytes(request));
        try
        {
            await FillAsync(round, request, call.Closed);
            var throttleTimeMs = quotas.Charge(QuotaKind.Fetch, call.Client, round.TotalBytes);
            var response = ToResponse(turn, round, request.IsolationLevel) with { ThrottleTimeMs = throttleTimeMs };
            return call.Reply(response, records: round);
        }
        catch
        {
            round.Dispose();
            throw;
        }
    }

    private async ValueTask<PartitionRead[]> FindPartitionsAsync(FetchPosition[] positions, KafkaCall call)
    {
        var byId = call.Version >= TopicIdVersion;
        var reads = new PartitionRead[positions.Length];
        var access = await control.OfAsync(call);
        TopicDescription? topic = null;
        for (var i = 0; i < reads.Length; i++)
        {
            var key = positions[i].Key;
            if (i == 0 || !key.IsOfSameTopicAs(positions[i - 1].Key))
            {
                topic = byId
                    ? await cluster.Topics.FindByIdAsync(key.TopicId, call.Closed)
                    : await cluster.Topics.FindAsync(key.TopicName, call.Closed);
            }

            var unknown = byId && topic is null ? StreamError.UnknownTopicId : StreamError.UnknownTopicOrPartition;
            if ((byId ? topic?.Name : key.TopicName) is { } name && !access.ToTopic(name))
            {
                reads[i] = new PartitionRead(positions[i], StreamError.NotAuthorized);
                continue;
            }

            reads[i] = topic is not null && key.Index >= 0 && key.Index < topic.PartitionCount
                ? new PartitionRead(positions[i], cluster.GetPartition(new PartitionId(topic.Id, key.Index)))
                : new PartitionRead(positions[i], unknown);
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
        var goesOn = true;
        while (goesOn && !round.IsEnough(minBytes))
        {
            var remaining = maxWait - time.GetElapsedTime(started);
            goesOn = remaining > TimeSpan.Zero && await round.ReadMoreAsync(minBytes, remaining, closed);
        }
    }

    private int BudgetBytes(FetchRequest request) => Math.Clamp(request.MaxBytes, 0, _options.MaxFetchBytes);

    private static FetchResponse Refuse(ErrorCode error) => new(error, SessionId: 0, Topics: []);

    private static FetchResponse ToResponse(in FetchTurn turn, FetchRound round, sbyte isolationLevel)
    {
        PartitionRead[] changed = [];
        if (turn.Session?.TryFinish(turn.Epoch, round.Reads, out changed) == false)
        {
            return Refuse(ErrorCode.InvalidFetchSessionEpoch);
        }

        var topics = new List<FetchedTopic>();
        List<FetchedPartition> partitions = [];
        FetchKey? previous = null;
        IReadOnlyList<AbortedTransaction>? aborted = isolationLevel == ReadCommitted ? [] : null;
        foreach (var read in turn.IsIncremental ? changed : round.Reads)
        {
            if (previous?.IsOfSameTopicAs(read.Key) != true)
            {
                partitions = [];
                topics.Add(new FetchedTopic(read.Key.TopicName, read.Key.TopicId, partitions));
            }

            partitions.Add(ToFetched(read, aborted));
            previous = read.Key;
        }

        return new FetchResponse(ErrorCode.None, turn.Session?.Id ?? 0, topics);
    }

    private static FetchedPartition ToFetched(PartitionRead read, IReadOnlyList<AbortedTransaction>? aborted) => new(
        read.Key.Index,
        ToErrorCode(read.Reply.Error),
        read.Reply.HighWatermark,
        read.Reply.LastStableOffset,
        read.Reply.LogStartOffset,
        read.Reply.Records,
        aborted);

    // Consumers do not expect a time-out here and stop; when there was no memory to read into they are to come again.
    private static ErrorCode ToErrorCode(StreamError error)
        => error == StreamError.TimedOut ? ErrorCode.None : error.ToErrorCode();
}
