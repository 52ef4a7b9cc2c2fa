using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;

namespace OrleansStream.Load.Targets;

/// <summary>
/// One connection that costs its machine as little as it can: one send and mostly one receive per request.
/// </summary>
/// <remarks>One request at a time. What a response refers to is valid until the next. Not thread-safe.</remarks>
internal sealed class KafkaLoadConnection : IDisposable
{
    private const short CreateTopicsVersion = 7;
    private const short DeleteTopicsVersion = 6;
    private const int TimeoutMs = 30_000;

    private readonly Socket _socket;
    private readonly ArrayBufferWriter<byte> _output = new();
    private byte[] _input = new byte[16 * 1_024];
    private int _correlationId;

    private KafkaLoadConnection(Socket socket) => _socket = socket;

    /// <param name="address">Host and port.</param>
    public static async Task<KafkaLoadConnection> OpenAsync(string address)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPEndPoint.Parse(address));
        return new KafkaLoadConnection(socket);
    }

    /// <exception cref="WrongResultException">The topic was not created.</exception>
    public async Task CreateTopicAsync(string name, int partitions, IReadOnlyDictionary<string, string> configs)
    {
        var topic = new CreatableTopic(
            name,
            partitions,
            ReplicationFactor: -1,
            Assignments: [],
            [.. configs.Select(config => new CreatableConfig(config.Key, config.Value))]);
        var response = await SendAsync<CreateTopicsRequest, CreateTopicsResponse>(
            new([topic], TimeoutMs, ValidateOnly: false), CreateTopicsVersion);
        if (response.Topics[0] is { Error: not ErrorCode.None } refused)
        {
            throw new WrongResultException($"Topic {name}: {refused.Error} {refused.ErrorMessage}");
        }
    }

    /// <exception cref="WrongResultException">The topic was not deleted.</exception>
    public async Task DeleteTopicAsync(string name)
    {
        var response = await SendAsync<DeleteTopicsRequest, DeleteTopicsResponse>(
            new([new(name)], TimeoutMs), DeleteTopicsVersion);
        if (response.Topics[0] is { Error: not ErrorCode.None } refused)
        {
            throw new WrongResultException($"Topic {name}: {refused.Error} {refused.ErrorMessage}");
        }
    }

    /// <summary>Sends a request and reads its response.</summary>
    /// <exception cref="IOException">The silo closed the connection.</exception>
    public async ValueTask<TResponse> SendAsync<TRequest, TResponse>(TRequest request, short version)
        where TRequest : IKafkaRequest<TRequest, TResponse>
        where TResponse : IKafkaStruct<TResponse>
    {
        _output.ResetWrittenCount();
        using (var writer = new KafkaWriter())
        {
            new RequestHeader(TRequest.ApiKey, version, ++_correlationId, "load").Write(writer);
            writer.WriteStruct(request, version);
            writer.WriteFrameTo(_output);
        }

        for (var sent = 0; sent < _output.WrittenCount;)
        {
            sent += await _socket.SendAsync(_output.WrittenMemory[sent..]);
        }

        return Read<TRequest, TResponse>(await ReceiveFrameAsync(), version);
    }

    public void Dispose() => _socket.Dispose();

    // Nothing but the one response is on its way, so reading beyond it is impossible.
    private async ValueTask<ReadOnlyMemory<byte>> ReceiveFrameAsync()
    {
        var received = 0;
        var expected = KafkaFrame.LengthPrefixBytes;
        while (received < expected)
        {
            var count = await _socket.ReceiveAsync(_input.AsMemory(received));
            received += count > 0 ? count : throw new IOException("The silo closed the connection.");
            if (received >= KafkaFrame.LengthPrefixBytes)
            {
                expected = KafkaFrame.LengthPrefixBytes + BinaryPrimitives.ReadInt32BigEndian(_input);
                EnsureRoom(expected, received);
            }
        }

        return _input.AsMemory(KafkaFrame.LengthPrefixBytes..expected);
    }

    private void EnsureRoom(int neededBytes, int usedBytes)
    {
        if (_input.Length < neededBytes)
        {
            var larger = GC.AllocateUninitializedArray<byte>(neededBytes);
            _input.AsSpan(0, usedBytes).CopyTo(larger);
            _input = larger;
        }
    }

    private TResponse Read<TRequest, TResponse>(ReadOnlyMemory<byte> frame, short version)
        where TRequest : IKafkaRequest<TRequest, TResponse>
        where TResponse : IKafkaStruct<TResponse>
    {
        var reader = new KafkaReader(frame);
        var header = ResponseHeader.Read(ref reader, TRequest.ApiKey, version);
        WrongResultException.ThrowUnlessEqual(_correlationId, header.CorrelationId, "The correlation id");
        return reader.ReadStruct<TResponse>(version);
    }
}
