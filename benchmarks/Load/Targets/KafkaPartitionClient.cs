using OrleansStream.Contracts;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;
using KafkaFetchRequest = OrleansStream.Protocols.Kafka.Messages.FetchRequest;

namespace OrleansStream.Load.Targets;

/// <summary>One partition over a connection of its own.</summary>
internal sealed class KafkaPartitionClient(
    KafkaLoadConnection connection, string topic, int partition) : IPartitionClient
{
    private const short ProduceVersion = 9;
    private const short FetchVersion = 12;
    private const int TimeoutMs = 30_000;

    public async ValueTask<AppendReply> AppendAsync(ReadOnlyMemory<byte> batch, Acks acks)
    {
        var request = new ProduceRequest(
            null, acks == Acks.All ? (short)-1 : (short)1, TimeoutMs, [new(topic, [new(partition, batch)])]);
        var response = await connection.SendAsync<ProduceRequest, ProduceResponse>(request, ProduceVersion);
        var produced = response.Topics[0].Partitions[0];
        return produced.Error == ErrorCode.None
            ? new(StreamError.None, produced.BaseOffset, produced.LogAppendTimeMs, produced.LogStartOffset, null)
            : AppendReply.Refused(StreamError.StorageFailed, $"{produced.Error} {produced.ErrorMessage}");
    }

    public async ValueTask<FetchReply> FetchAsync(long offset, int maxBytes, TimeSpan maxWait)
    {
        var from = new FetchPartition(partition, -1, offset, -1, -1, maxBytes);
        var request = new KafkaFetchRequest(
            ReplicaId: -1,
            MaxWaitMs: (int)maxWait.TotalMilliseconds,
            MinBytes: 1,
            maxBytes,
            IsolationLevel: 0,
            SessionId: 0,
            SessionEpoch: -1,
            [new(topic, default, [from])],
            ForgottenTopics: [],
            RackId: "");
        var response = await connection.SendAsync<KafkaFetchRequest, FetchResponse>(request, FetchVersion);
        var fetched = response.Topics[0].Partitions[0];
        return new FetchReply(
            ToStreamError(fetched.Error),
            fetched.LogStartOffset,
            fetched.HighWatermark,
            fetched.LastStableOffset,
            fetched.Records);
    }

    public void Dispose() => connection.Dispose();

    private static StreamError ToStreamError(ErrorCode error) => error switch
    {
        ErrorCode.None => StreamError.None,
        ErrorCode.OffsetOutOfRange => StreamError.OffsetOutOfRange,
        _ => StreamError.StorageFailed,
    };
}
