using System.Buffers;
using System.Buffers.Binary;
using System.Net.Sockets;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;
using OrleansStream.TestKit.Clients;

namespace OrleansStream.Silo.Tests.Hostile;

/// <summary>A connection without manners: sends any bytes, and looks at what comes back.</summary>
public sealed class RawConnection : IDisposable
{
    // Much longer than any deadline of the silo under test; reached only when it fails.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private readonly Socket _socket;
    private readonly NetworkStream _stream;

    private RawConnection(Socket socket)
    {
        _socket = socket;
        _stream = new NetworkStream(socket, ownsSocket: true);
    }

    public static async Task<RawConnection> OpenAsync(string address)
    {
        var colon = address.LastIndexOf(':');
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(address[..colon], int.Parse(address.AsSpan(colon + 1)));
        return new RawConnection(socket);
    }

    /// <summary>A request as it goes over the wire.</summary>
    public static byte[] Frame<TRequest, TResponse>(TRequest request, short version)
        where TRequest : IKafkaRequest<TRequest, TResponse>
        where TResponse : IKafkaStruct<TResponse>
    {
        var output = new ArrayBufferWriter<byte>();
        KafkaConnection.WriteRequest<TRequest, TResponse>(request, version, correlationId: 7, output);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>A request that any silo answers with a few hundred bytes.</summary>
    public static byte[] VersionsFrame()
        => Frame<ApiVersionsRequest, ApiVersionsResponse>(new ApiVersionsRequest("", ""), version: 0);

    /// <exception cref="IOException">The silo has closed the connection.</exception>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        using var deadline = new CancellationTokenSource(s_patience);
        await _stream.WriteAsync(bytes, deadline.Token);
    }

    /// <summary>Lets the silo see that nothing more will come.</summary>
    public void EndSending() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>Reads exactly one answer.</summary>
    public async Task<byte[]> ReadFrameAsync()
    {
        using var deadline = new CancellationTokenSource(s_patience);
        var length = new byte[KafkaFrame.LengthPrefixBytes];
        await _stream.ReadExactlyAsync(length, deadline.Token);
        var frame = new byte[BinaryPrimitives.ReadInt32BigEndian(length)];
        await _stream.ReadExactlyAsync(frame, deadline.Token);
        return frame;
    }

    /// <summary>What the silo sends until it closes the connection, gently or not.</summary>
    /// <exception cref="OperationCanceledException">It does not close it.</exception>
    public async Task<byte[]> ReadToEndAsync()
    {
        using var deadline = new CancellationTokenSource(s_patience);
        using var received = new MemoryStream();
        try
        {
            await _stream.CopyToAsync(received, deadline.Token);
        }
        catch (IOException)
        {
            // Cut instead of closed: bytes it had not read were on their way.
        }

        return received.ToArray();
    }

    public void Dispose() => _stream.Dispose();
}
