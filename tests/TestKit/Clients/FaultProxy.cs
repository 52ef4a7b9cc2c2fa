using System.Net;
using System.Net.Sockets;

namespace OrleansStream.TestKit.Clients;

/// <summary>Stands between clients and a server, and does to their connections what networks do.</summary>
/// <remarks>
/// Bytes are passed on as they are, or not at all. The server may be replaced by another meanwhile. A silo has to tell
/// clients the proxy's port as its own (<see cref="SiloOption"/>).
/// </remarks>
public sealed class FaultProxy : IAsyncDisposable
{
    private const int BufferBytes = 64 * 1_024;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly List<Socket> _open = [];
    private readonly List<Task> _passing = [];
    private readonly Task _accepting;
    private int _cutReplies;
    private int _cutRequests;

    private FaultProxy()
    {
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

    public static FaultProxy Start() => new();

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

    /// <summary>Passes on the first half of what a client says next, and closes that connection.</summary>
    public void CutRequest() => Interlocked.Increment(ref _cutRequests);

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

                    await Task.WhenAny(
                        PassAsync(client, server, isReply: false), PassAsync(server, client, isReply: true));
                }
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // The server is gone, or the connection was dropped.
            }
        }
    }

    private async Task PassAsync(Socket from, Socket to, bool isReply)
    {
        var buffer = new byte[BufferBytes];
        try
        {
            while (await from.ReceiveAsync(buffer) is > 0 and var count)
            {
                if (isReply && ReplyDelay > TimeSpan.Zero)
                {
                    await Task.Delay(ReplyDelay, TimeProvider.System);
                }

                var isCut = isReply ? TakeOne(ref _cutReplies) : TakeOne(ref _cutRequests);
                await to.SendAsync(buffer.AsMemory(0, isCut ? count / 2 : count));
                if (isCut)
                {
                    return;
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // One side is gone, and so is the other when this ends.
        }
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
