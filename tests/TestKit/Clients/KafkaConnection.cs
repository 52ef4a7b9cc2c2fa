using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;

namespace OrleansStream.TestKit.Clients;

/// <summary>
/// A client that sends what it is told and hides nothing: no retries, no batching, stored bytes as they are.
/// </summary>
/// <remarks>
/// One request at a time, unless requests are posted and their responses taken apart. Not thread-safe.
/// </remarks>
public sealed class KafkaConnection : IDisposable
{
    private const short ProduceVersion = 9;
    private const short FetchVersion = 12;
    private const short CreateTopicsVersion = 7;
    private const int TimeoutMs = 30_000;
    private const int MaxFetchBytes = 8 * 1_024 * 1_024;

    private readonly TcpClient _client;
    private readonly ArrayBufferWriter<byte> _frame = new();
    private int _postedCount;
    private int _takenCount;

    private KafkaConnection(TcpClient client) => _client = client;

    /// <summary>The port the connection comes from, as the server sees it.</summary>
    public int LocalPort => ((IPEndPoint)_client.Client.LocalEndPoint!).Port;

    /// <param name="address">Host and port.</param>
    public static async Task<KafkaConnection> OpenAsync(string address, CancellationToken cancellationToken = default)
    {
        var colon = address.LastIndexOf(':');
        var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync(address[..colon], int.Parse(address.AsSpan(colon + 1)), cancellationToken);
        return new KafkaConnection(client);
    }

    /// <exception cref="InvalidOperationException">The topic was not created.</exception>
    public async Task CreateTopicAsync(string name, int partitionCount)
    {
        var topic = new CreatableTopic(name, partitionCount, ReplicationFactor: -1, Assignments: [], Configs: []);
        var response = await SendAsync<CreateTopicsRequest, CreateTopicsResponse>(
            new([topic], TimeoutMs, ValidateOnly: false), CreateTopicsVersion);
        var created = response.Topics[0];
        if (created.Error != ErrorCode.None)
        {
            throw new InvalidOperationException($"{name}: {created.Error} {created.ErrorMessage}");
        }
    }

    /// <summary>Appends one batch and waits until it is durable, or refused.</summary>
    public async Task<ErrorCode> ProduceAsync(
        string topic, int partition, ReadOnlyMemory<byte> batch, CancellationToken cancellationToken = default)
    {
        await PostBatchAsync(topic, partition, batch, cancellationToken);
        return (await TakeProducedAsync(cancellationToken)).Error;
    }

    /// <summary>Sends one batch to be made durable. What became of it is taken later.</summary>
    /// <exception cref="IOException">The silo closed the connection.</exception>
    public Task PostBatchAsync(
        string topic, int partition, ReadOnlyMemory<byte> batch, CancellationToken cancellationToken = default)
    {
        var request = new ProduceRequest(null, Acks: -1, TimeoutMs, [new(topic, [new(partition, batch)])]);
        return PostAsync<ProduceRequest, ProduceResponse>(request, ProduceVersion, cancellationToken);
    }

    /// <summary>What became of the first batch posted whose answer was not taken yet.</summary>
    /// <exception cref="IOException">The silo closed the connection.</exception>
    public async Task<ProducedPartition> TakeProducedAsync(CancellationToken cancellationToken = default)
    {
        var response = await TakeAsync<ProduceRequest, ProduceResponse>(ProduceVersion, cancellationToken);
        return response.Topics[0].Partitions[0];
    }

    /// <summary>Whole batches from an offset on, as they are stored; none at the end of the partition.</summary>
    /// <exception cref="InvalidOperationException">The partition refused.</exception>
    public async Task<byte[]> FetchAsync(string topic, int partition, long offset)
    {
        var fetched = await FetchPartitionAsync(topic, partition, offset);
        return fetched.Error == ErrorCode.None
            ? fetched.Records.ToArray()
            : throw new InvalidOperationException($"{topic}-{partition} at {offset}: {fetched.Error}");
    }

    /// <summary>All that a partition answers to a fetch that does not wait.</summary>
    public async Task<FetchedPartition> FetchPartitionAsync(string topic, int partition, long offset)
    {
        var from = new FetchPartition(partition, -1, offset, -1, -1, MaxFetchBytes);
        var request = new FetchRequest(
            ReplicaId: -1, MaxWaitMs: 0, MinBytes: 0, MaxFetchBytes, IsolationLevel: 0, SessionId: 0, SessionEpoch: -1,
            [new(topic, default, [from])], ForgottenTopics: [], RackId: "");
        var response = await SendAsync<FetchRequest, FetchResponse>(request, FetchVersion);
        return response.Topics[0].Partitions[0];
    }

    /// <summary>Sends a request and reads its response.</summary>
    /// <exception cref="IOException">The silo closed the connection.</exception>
    public async Task<TResponse> SendAsync<TRequest, TResponse>(
        TRequest request, short version, CancellationToken cancellationToken = default)
        where TRequest : IKafkaRequest<TRequest, TResponse>
        where TResponse : IKafkaStruct<TResponse>
    {
        await PostAsync<TRequest, TResponse>(request, version, cancellationToken);
        return await TakeAsync<TRequest, TResponse>(version, cancellationToken);
    }

    /// <summary>Sends a request whose response is taken later, in the order of the requests.</summary>
    /// <exception cref="IOException">The silo closed the connection.</exception>
    public async Task PostAsync<TRequest, TResponse>(
        TRequest request, short version, CancellationToken cancellationToken = default)
        where TRequest : IKafkaRequest<TRequest, TResponse>
        where TResponse : IKafkaStruct<TResponse>
    {
        _frame.ResetWrittenCount();
        WriteRequest<TRequest, TResponse>(request, version, ++_postedCount, _frame);
        await _client.GetStream().WriteAsync(_frame.WrittenMemory, cancellationToken);
    }

    /// <summary>Reads the response to the first request posted whose response was not taken yet.</summary>
    /// <exception cref="IOException">The silo closed the connection.</exception>
    public async Task<TResponse> TakeAsync<TRequest, TResponse>(
        short version, CancellationToken cancellationToken = default)
        where TRequest : IKafkaRequest<TRequest, TResponse>
        where TResponse : IKafkaStruct<TResponse>
    {
        _takenCount++;
        return Read<TRequest, TResponse>(await ReadFrameAsync(_client.GetStream(), cancellationToken), version);
    }

    /// <summary>Writes a request as it goes over the wire, its length in front.</summary>
    public static void WriteRequest<TRequest, TResponse>(
        TRequest request, short version, int correlationId, IBufferWriter<byte> output)
        where TRequest : IKafkaRequest<TRequest, TResponse>
        where TResponse : IKafkaStruct<TResponse>
    {
        using var writer = new KafkaWriter();
        new RequestHeader(TRequest.ApiKey, version, correlationId, "testkit").Write(writer);
        writer.WriteStruct(request, version);
        writer.WriteFrameTo(output);
    }

    public void Dispose() => _client.Dispose();

    private static async Task<byte[]> ReadFrameAsync(NetworkStream stream, CancellationToken cancellationToken)
    {
        var length = new byte[KafkaFrame.LengthPrefixBytes];
        await stream.ReadExactlyAsync(length, cancellationToken);
        var frame = new byte[BinaryPrimitives.ReadInt32BigEndian(length)];
        await stream.ReadExactlyAsync(frame, cancellationToken);
        return frame;
    }

    private TResponse Read<TRequest, TResponse>(byte[] frame, short version)
        where TRequest : IKafkaRequest<TRequest, TResponse>
        where TResponse : IKafkaStruct<TResponse>
    {
        var reader = new KafkaReader(frame);
        var header = ResponseHeader.Read(ref reader, TRequest.ApiKey, version);
        return header.CorrelationId == _takenCount
            ? reader.ReadStruct<TResponse>(version)
            : throw new InvalidDataException($"Answer {header.CorrelationId} to request {_takenCount}.");
    }
}
