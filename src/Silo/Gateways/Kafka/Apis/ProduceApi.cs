using Microsoft.Extensions.Options;
using OrleansStream.Contracts;
using OrleansStream.Protocols;
using OrleansStream.Protocols.Batches;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;
using OrleansStream.Silo.Gateways.Security;

namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>Appends the batches of producers, in the order they were sent.</summary>
/// <remarks>
/// The batches are appended from the frame they came in. It is given back once every append has been answered; after
/// a timeout or a failure an append may still be reading it, so it is abandoned.
///
/// Transactions are refused: here by their id, in the log by the batch's attributes.
/// </remarks>
internal sealed class ProduceApi(
    ICluster cluster, AccessControl control, KafkaQuotas quotas, IOptions<KafkaApiOptions> options)
{
    private const short NoAcks = 0;
    private const short LeaderAcks = 1;
    private const short AllAcks = -1;

    private readonly TimeSpan _maxTimeout = options.Value.MaxProduceTimeout;

    /// <summary>Takes over the frame.</summary>
    public Task<KafkaReply> StartAsync(ProduceRequest request, PooledBuffer frame, KafkaCall call)
    {
        call = call with { ThrottleTimeMs = quotas.Charge(QuotaKind.Produce, call.Client, frame.Length) };
        if (Refusal(request, call.Version) is { } refusal)
        {
            frame.Dispose();
            return RefuseAsync(request, refusal, call);
        }

        var starting = StartAppendsAsync(request, call);
        if (starting.IsCompleted)
        {
            return FinishAsync(starting, request, frame, call);
        }

        var started = starting.AsTask();
        call.Client.AppendsStarted = started;
        return FinishAsync(new(started), request, frame, call);
    }

    private static (ErrorCode Error, string Message)? Refusal(ProduceRequest request, short version)
    {
        if (!ApiVersions.Get(ApiKey.Produce).Includes(version))
        {
            return (ErrorCode.UnsupportedVersion, "Batches older than Kafka 0.11 are not accepted.");
        }

        if (request.Acks is not (NoAcks or LeaderAcks or AllAcks))
        {
            return (ErrorCode.InvalidRequiredAcks, $"acks is {request.Acks} but must be 0, 1 or -1.");
        }

        return request.TransactionalId is null ? null : (Transactions.Refusal, Transactions.Message);
    }

    private static Task<KafkaReply> RefuseAsync(
        ProduceRequest request, (ErrorCode Error, string Message) refusal, KafkaCall call)
    {
        if (request.Acks == NoAcks)
        {
            return Task.FromException<KafkaReply>(Unanswerable(refusal.Error));
        }

        var topics = request.Topics.Select(topic => new PerTopic<ProducedPartition>(
            topic.Name,
            [.. topic.Partitions.Select(partition => new ProducedPartition(
                partition.Index, refusal.Error, BaseOffset: -1, ErrorMessage: refusal.Message))]));
        return Task.FromResult(call.Reply(new ProduceResponse([.. topics], call.ThrottleTimeMs)));
    }

    /// <summary>Starts every append of the request, after those of the connection's earlier requests.</summary>
    private async ValueTask<ValueTask<AppendReply>[][]> StartAppendsAsync(ProduceRequest request, KafkaCall call)
    {
        // Completed unless the catalog had to be asked over the network.
        await call.Client.AppendsStarted.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        var access = await control.OfAsync(call);
        var acks = request.Acks == AllAcks ? Acks.All : Acks.Leader;
        var timeout = TimeSpan.FromMilliseconds(Math.Clamp(request.TimeoutMs, 0, _maxTimeout.TotalMilliseconds));
        var appends = new ValueTask<AppendReply>[request.Topics.Count][];
        for (var i = 0; i < appends.Length; i++)
        {
            var (name, partitions) = request.Topics[i];
            var isAllowed = access.ToTopic(name);
            var topic = isAllowed ? await cluster.Topics.FindAsync(name, call.Closed) : null;
            var missing = isAllowed ? StreamError.UnknownTopicOrPartition : StreamError.NotAuthorized;
            appends[i] = new ValueTask<AppendReply>[partitions.Count];
            for (var j = 0; j < partitions.Count; j++)
            {
#pragma warning disable CA2012 // All are started before the first is awaited; FinishAsync awaits each once.
                appends[i][j] = AppendAsync(topic, missing, partitions[j], acks, timeout, call.Closed);
#pragma warning restore CA2012
            }
        }

        return appends;
    }

    private ValueTask<AppendReply> AppendAsync(
        TopicDescription? topic,
        StreamError missing,
        in ProducePartition partition,
        Acks acks,
        TimeSpan timeout,
        CancellationToken closed)
    {
        if (topic is null || partition.Index < 0 || partition.Index >= topic.PartitionCount)
        {
            return new(AppendReply.Refused(missing));
        }

        if (topic.IsInternal)
        {
            return new(AppendReply.Refused(StreamError.InvalidTopicName, InternalTopics.Message));
        }

        if (partition.Records.IsEmpty)
        {
            return new(AppendReply.Refused(StreamError.InvalidRecord, "There is no record batch for the partition."));
        }

        if (BatchHeader.TryRead(partition.Records.Span, out var header)
            && header.Magic == BatchHeader.CurrentMagic
            && header.BatchLength > 0
            && header.BatchLength < partition.Records.Length - BatchHeader.LengthPrefixBytes)
        {
            return new(AppendReply.Refused(
                StreamError.InvalidRecord, "There is more than one record batch for the partition."));
        }

        return cluster
            .GetPartition(new PartitionId(topic.Id, partition.Index))
            .AppendAsync(new AppendRequest(partition.Records, acks, timeout), closed);
    }

    private static async Task<KafkaReply> FinishAsync(
        ValueTask<ValueTask<AppendReply>[][]> starting, ProduceRequest request, PooledBuffer frame, KafkaCall call)
    {
        var frameIsFree = false;
        try
        {
            var appends = await starting;
            var topics = new PerTopic<ProducedPartition>[appends.Length];
            var worst = StreamError.None;
            var timedOut = false;
            for (var i = 0; i < appends.Length; i++)
            {
                var partitions = new ProducedPartition[appends[i].Length];
                for (var j = 0; j < partitions.Length; j++)
                {
                    var reply = await appends[i][j];
                    partitions[j] = ToProduced(request.Topics[i].Partitions[j].Index, reply);
                    timedOut |= reply.Error == StreamError.TimedOut;
                    worst = reply.Error == StreamError.None ? worst : reply.Error;
                }

                topics[i] = new(request.Topics[i].Name, partitions);
            }

            frameIsFree = !timedOut;
            return request.Acks != NoAcks ? call.Reply(new ProduceResponse(topics, call.ThrottleTimeMs))
                : worst == StreamError.None ? KafkaReply.None
                : throw Unanswerable(worst.ToErrorCode());
        }
        finally
        {
            Release(frame, frameIsFree);
        }
    }

    private static ProducedPartition ToProduced(int index, in AppendReply reply) => new(
        index,
        reply.Error.ToErrorCode(),
        reply.BaseOffset,
        reply.LogAppendTimestamp,
        reply.LogStartOffset,
        RecordErrors: null,
        reply.Message);

    private static void Release(PooledBuffer frame, bool isFree)
    {
        if (isFree)
        {
            frame.Dispose();
        }
        else
        {
            frame.Abandon();
        }
    }

    // A producer that wants no answers notices a refusal only when its connection ends.
    private static ProtocolException Unanswerable(ErrorCode error)
        => new($"A Produce that wants no answer was refused with {error}.");
}
