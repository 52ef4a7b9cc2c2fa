using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using OrleansStream.Protocols.Kafka;
using OrleansStream.TestKit;

namespace OrleansStream.Silo.Tests.Gateways;

/// <summary>The client's end of a connection in memory: sends frames and reads frames.</summary>
/// <param name="served">Ends when the server has closed the connection.</param>
internal sealed class GatewayClient(DuplexPipe pipe, MemoryConnection connection, Task served)
{
    private long _sentBytes;

    public Task Served => served;

    public string? AbortReason => connection.AbortReason;

    public async Task SendAsync(params string[] requests)
    {
        foreach (var request in requests)
        {
            var frame = ToFrame(Encoding.ASCII.GetBytes(request));
            pipe.Output.Write(frame);
            _sentBytes += frame.Length;
        }

        await pipe.Output.FlushAsync();
    }

    public async Task SendBytesAsync(ReadOnlyMemory<byte> bytes)
    {
        _sentBytes += bytes.Length;
        await pipe.Output.WriteAsync(bytes);
    }

    /// <summary>Returns once the server has taken in everything sent and waits for more.</summary>
    public Task ServerWaitsForMoreAsync() => connection.Reader.WaitsAfterAsync(_sentBytes);

    /// <summary>Returns once the server waits for this client to read.</summary>
    public Task ServerWaitsForReaderAsync() => connection.Writer.WaitsAsync();

    public async Task<string> ReadAsync() => Encoding.ASCII.GetString((await ReadBytesAsync())!);

    /// <summary>The next reply; null when the server has closed the connection instead.</summary>
    public async Task<byte[]?> ReadBytesAsync()
    {
        while (true)
        {
            var result = await pipe.Input.ReadAsync().AsTask().WaitAsync(Waits.Long);
            var buffer = result.Buffer;
            if (KafkaFrame.TryRead(ref buffer, int.MaxValue, out var frame))
            {
                var bytes = frame.ToArray();
                pipe.Input.AdvanceTo(buffer.Start);
                return bytes;
            }

            if (result.IsCompleted)
            {
                Assert.True(buffer.IsEmpty, "The connection was closed in the middle of a reply.");
                return null;
            }

            pipe.Input.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    /// <summary>Sends no more, but still reads.</summary>
    public async Task EndAsync() => await pipe.Output.CompleteAsync();

    /// <summary>Loses the connection.</summary>
    public async Task ResetAsync()
    {
        await pipe.Output.CompleteAsync(new Microsoft.AspNetCore.Connections.ConnectionResetException("reset"));
        await pipe.Input.CompleteAsync();
    }

    public static byte[] ToFrame(byte[] request)
    {
        var frame = new byte[sizeof(int) + request.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, request.Length);
        request.CopyTo(frame.AsSpan(sizeof(int)));
        return frame;
    }
}
