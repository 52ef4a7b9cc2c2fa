using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using OrleansStream.Protocols.Kafka;

namespace OrleansStream.TestKit.Clients;

/// <summary>Stands between clients and a server, and does to their connections what networks do.</summary>
/// <remarks>
/// Kafka's frames are passed on one by one, or the bytes of any other protocol as they come. The server may be replaced
/// by another meanwhile. A silo has to tell clients the proxy's port as its own (<see cref="SiloOption"/>).
/// </remarks>
public sealed class FaultProxy : IAsyncDisposable
{
    private const int MaxPieceBytes = 64 * 1_024;

    private readonly bool _passesFrames;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly List<Socket> _open = [];
    private readonly List<Task> _passing = [];
    private readonly Task _accepting;
    private int _cutReplies;
    private int _cutRequests;
    private int _misledReplies;
    private int _misledCount;

    private FaultProxy(bool passesFrames)
    {
        _passesFrames = passesFrames;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Host and port for clients.</summary>
    public string Address => $"127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    /// <summary>What makes a silo name the proxy when clients ask where it is.</summary>
    public string[] SiloOption => ["--set", $"Gateways:Kafka:AdvertisedPort={Address[(Address.IndexOf(':') + 1)..]}"];

    /// <summary>Host and port of the server; null refuses all connections.</summary>
    public string? Target { get; set; }

    /// <summary>How long every reply is held back.</summary>
    public TimeSpan ReplyDelay { get; set; }

    /// <summary>How many replies said that another node leads.</summary>
    public int MisledCount => Volatile.Read(ref _misledCount);

    /// <summary>A proxy for Kafka's protocol.</summary>
    public static FaultProxy Start() => new(passesFrames: true);

    /// <summary>A proxy for any protocol: what is cut is a piece of it as it came, not a whole reply.</summary>
    public static FaultProxy StartForBytes() => new(passesFrames: false);

    /// <summary>Closes all connections, and lets nobody in until there is a <see cref="Target"/> again.</summary>
    public void CutOff()
    {
        Target = null;
        Drop();
    }

    /// <summary>Closes all connections.</summary>
    public void Drop()
    {
        lock (_gate)
        {
            foreach (var socket in _open)
            {
                socket.Dispose();
            }

            _open.Clear();
        }
    }

    /// <summary>Passes on the first half of what the server says next, and closes that connection.</summary>
    public void CutReply() => Interlocked.Increment(ref _cutReplies);

    /// <summary>Passes on the first half of a client's next request, and closes that connection.</summary>
    public void CutRequest() => Interlocked.Increment(ref _cutRequests);

    /// <summary>
    /// Has the next replies about partitions and members say that another node leads them, whatever was done.
    /// </summary>
    public void Mislead(int replies) => Interlocked.Add(ref _misledReplies, replies);

    /// <summary>Takes back what was to be cut next.</summary>
    public void CutNothing()
    {
        Interlocked.Exchange(ref _cutReplies, 0);
        Interlocked.Exchange(ref _cutRequests, 0);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        Drop();
        await _accepting;
        await Task.WhenAll(_passing);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptSocketAsync(_stop.Token);
                _passing.Add(ServeAsync(client));
            }
        }
        catch (OperationCanceledException)
        {
            // The proxy is disposed.
        }
    }

    private async Task ServeAsync(Socket client)
    {
        using var server = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using (client)
        {
            try
            {
                if (Target is { } target)
                {
                    await server.ConnectAsync(IPEndPoint.Parse(target), _stop.Token);
                    lock (_gate)
                    {
                        _open.AddRange([client, server]);
                    }

                    var asked = new ConcurrentQueue<RequestHeader>();
                    await Task.WhenAny(
                        PassAsync(client, server, request => Note(request, asked)),
                        PassAsync(server, client, reply => ChangeAsync(reply, asked)));
                }
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // The server is gone, or the connection was dropped.
            }
        }
    }

    /// <param name="change">Returns what to pass on, and whether the connection ends there.</param>
    private async Task PassAsync(
        Socket from, Socket to, Func<byte[], ValueTask<(ReadOnlyMemory<byte> Frame, bool IsCut)>> change)
    {
        try
        {
            var isCut = false;
            while (!isCut && await (_passesFrames ? ReadFrameAsync(from) : ReadPieceAsync(from)) is { } frame)
            {
                (var passed, isCut) = await change(frame);
                while (!passed.IsEmpty)
                {
                    passed = passed[await to.SendAsync(passed)..];
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // One side is gone, and so is the other when this ends.
        }
    }

    private static async Task<byte[]?> ReadPieceAsync(Socket from)
    {
        var piece = new byte[MaxPieceBytes];
        var count = await from.ReceiveAsync(piece);
        return count == 0 ? null : piece[..count];
    }

    private static async Task<byte[]?> ReadFrameAsync(Socket from)
    {
        var prefix = new byte[KafkaFrame.LengthPrefixBytes];
        if (!await TryFillAsync(from, prefix))
        {
            return null;
        }

        var frame = new byte[prefix.Length + BinaryPrimitives.ReadInt32BigEndian(prefix)];
        prefix.CopyTo(frame, 0);
        return await TryFillAsync(from, frame.AsMemory(prefix.Length)) ? frame : null;
    }

    private static async Task<bool> TryFillAsync(Socket from, Memory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var count = await from.ReceiveAsync(bytes);
            if (count == 0)
            {
                return false;
            }

            bytes = bytes[count..];
        }

        return true;
    }

    private ValueTask<(ReadOnlyMemory<byte> Frame, bool IsCut)> Note(
        byte[] request, ConcurrentQueue<RequestHeader> asked)
    {
        if (_passesFrames)
        {
            var reader = new KafkaReader(request.AsMemory(KafkaFrame.LengthPrefixBytes));
            asked.Enqueue(RequestHeader.Read(ref reader));
        }

        return new(Cut(request, ref _cutRequests));
    }

    private async ValueTask<(ReadOnlyMemory<byte> Frame, bool IsCut)> ChangeAsync(
        byte[] reply, ConcurrentQueue<RequestHeader> asked)
    {
        if (ReplyDelay > TimeSpan.Zero)
        {
            await Task.Delay(ReplyDelay, TimeProvider.System);
        }

        // Replies come in the order of the requests.
        var isMisled = asked.TryDequeue(out var answered)
            && WrongNode.CanRefuse(answered.ApiKey) && TakeOne(ref _misledReplies);
        if (isMisled)
        {
            reply = WrongNode.Refuse(answered, reply);
            Interlocked.Increment(ref _misledCount);
        }

        return Cut(reply, ref _cutReplies);
    }

    private static (ReadOnlyMemory<byte> Frame, bool IsCut) Cut(byte[] frame, ref int count)
    {
        var isCut = TakeOne(ref count);
        return (frame.AsMemory(0, isCut ? frame.Length / 2 : frame.Length), isCut);
    }

    private static bool TakeOne(ref int count)
    {
        var seen = Volatile.Read(ref count);
        while (seen > 0)
        {
            var found = Interlocked.CompareExchange(ref count, seen - 1, seen);
            if (found == seen)
            {
                return true;
            }

            seen = found;
        }

        return false;
    }
}
