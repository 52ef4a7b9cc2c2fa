using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using OrleansStream.Protocols;
using OrleansStream.Silo.Gateways.Security;

namespace OrleansStream.Silo.Gateways;

/// <summary>One open connection: its bytes, and what its protocol waits for, so that no wait lasts for ever.</summary>
/// <remarks>
/// The protocol's read loop calls <see cref="ReceiveAsync"/> and <see cref="ReceiveRequestAsync"/>, its write loop
/// <see cref="FlushAsync"/> and <see cref="RequestAnswered"/>. Bytes are taken out of the transport as they come, so
/// that it never holds more than a fixed number of them, and what is half received is counted.
/// <see cref="GatewayConnections"/> asks every second, from a timer, whether a deadline has passed, so that no single
/// wait needs a timer of its own.
/// </remarks>
[SuppressMessage(
    "Design",
    "CA1001",
    Justification = "Token sources without timers need no disposal, and an abort may still come when all is over.")]
internal sealed class GatewayConnection(
    ConnectionContext context,
    string protocol,
    ConnectionOptions options,
    ReceiveMemory memory,
    TimeProvider time,
    GatewayMetrics metrics)
{
    private readonly CancellationTokenSource _closed = new();
    private readonly CancellationTokenSource _draining = new();
    private readonly long _openedAt = time.GetTimestamp();

    private long _lastActivityAt = time.GetTimestamp();
    private long _requestBegunAt;
    private int _requestBytes;
    private long _flushingSince;
    private int _unansweredCount;
    private volatile bool _isAdmitted;
    private TlsTransport? _tls;
    private bool _aborted;
    private volatile bool _flushing;
    private volatile InputWait _waitingFor;

    private enum InputWait
    {
        Nothing,
        NextRequest,
        Memory,
        RestOfRequest,
    }

    public string Id => context.ConnectionId;

    public string Protocol => protocol;

    public EndPoint? Remote => context.RemoteEndPoint;

    public EndPoint? Local => context.LocalEndPoint;

    public PipeWriter Output => _tls?.Output ?? context.Transport.Output;

    /// <summary>Who the client's certificate is of; null when it showed none.</summary>
    public string? Principal => _tls?.Principal;

    /// <summary>
    /// Cancelled when nobody waits for replies any more. A client that merely sends no more still reads.
    /// </summary>
    public CancellationToken Closed => _closed.Token;

    /// <summary>Cancelled when no further request shall be started.</summary>
    public CancellationToken Draining => _draining.Token;

    /// <summary>Ends when the connection has been served and closed. Set once, by who serves it.</summary>
    public Task Served { get; set; } = Task.CompletedTask;

    /// <summary>Shakes hands, so that the bytes from here on are encrypted on their way. Before all else.</summary>
    /// <exception cref="AuthenticationFailedException">The client speaks no TLS that is accepted.</exception>
    public async Task SecureAsync(TlsServer server)
    {
        _waitingFor = InputWait.NextRequest;
        _tls = await TlsTransport.OpenAsync(context.Transport, server, Closed);
        _waitingFor = InputWait.Nothing;
    }

    /// <summary>Says that the client is known, where it has to be: until then it must hurry.</summary>
    public void Admit() => _isAdmitted = true;

    /// <summary>Fills the memory with the next bytes from the client.</summary>
    /// <param name="insideRequest">Whether they belong to a request of which a part was received before.</param>
    /// <returns>False when there will not be as many: the client sends no more, or no more is wanted.</returns>
    public async ValueTask<bool> ReceiveAsync(Memory<byte> target, bool insideRequest)
    {
        while (!target.IsEmpty)
        {
            var result = await ReadAsync(insideRequest);
            var part = result.Buffer.Slice(0, Math.Min(result.Buffer.Length, target.Length));
            part.CopyTo(target.Span);
            target = target[(int)part.Length..];
            insideRequest |= !part.IsEmpty;
            Input.AdvanceTo(part.End);
            if (!target.IsEmpty && (result.IsCompleted || Draining.IsCancellationRequested))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Waits until a time of the clock, or until no more is wanted. No deadline passes meanwhile.</summary>
    public async ValueTask PauseUntilAsync(long timestamp)
    {
        // The first time is long ago for a client that was never paused.
        while (timestamp > 0 && time.GetElapsedTime(time.GetTimestamp(), timestamp) is var rest && rest > TimeSpan.Zero)
        {
            await Task.Delay(rest, time, Draining);
        }
    }

    /// <summary>
    /// Receives a request whose length is known, once there is memory for it. The caller owns it, and says with
    /// <see cref="RequestAnswered"/> when it was answered, or never will be.
    /// </summary>
    /// <returns>Null when the client sends no more, or no more is wanted.</returns>
    public async ValueTask<PooledBuffer?> ReceiveRequestAsync(int bytes)
    {
        await TakeMemoryAsync(bytes);
        var request = PooledBuffer.Rent(bytes);
        var isReceived = false;
        try
        {
            isReceived = await ReceiveAsync(request.Memory, insideRequest: true)
                && !Draining.IsCancellationRequested;
        }
        finally
        {
            if (!isReceived)
            {
                request.Dispose();
                ReleaseMemory(bytes);
            }
        }

        if (!isReceived)
        {
            return null;
        }

        Interlocked.Increment(ref _unansweredCount);
        metrics.RequestReceived(protocol, bytes);
        return request;
    }

    public void RequestAnswered(int bytes)
    {
        ReleaseMemory(bytes);
        Touch();
        Interlocked.Decrement(ref _unansweredCount);
    }

    /// <summary>Sends what has been written, waiting while the client is slow to read.</summary>
    /// <exception cref="ConnectionResetException">The client is gone.</exception>
    public async ValueTask FlushAsync(int writtenBytes)
    {
        Volatile.Write(ref _flushingSince, time.GetTimestamp());
        _flushing = true;
        var result = await Output.FlushAsync(CancellationToken.None);
        _flushing = false;

        Closed.ThrowIfCancellationRequested();
        if (result.IsCompleted)
        {
            throw new ConnectionResetException("The client closed the connection before it had read its replies.");
        }

        metrics.RepliesSent(protocol, writtenBytes);
    }

    /// <summary>Asks the protocol to answer what is in flight and to read nothing more.</summary>
    public void Drain()
    {
        _draining.Cancel();
        Input.CancelPendingRead();
    }

    /// <summary>Cancels what is in flight and reads nothing more; what was written is still sent.</summary>
    public void StopAnswering()
    {
        _closed.Cancel();
        Drain();
    }

    /// <summary>Cuts the connection. The first reason counts; cutting it again does nothing.</summary>
    public void Abort(string reason)
    {
        if (Interlocked.Exchange(ref _aborted, true))
        {
            return;
        }

        StopAnswering();
        Output.CancelPendingFlush();
        context.Abort(new ConnectionAbortedException(reason));
    }

    /// <summary>
    /// Sends the rest of what was written and closes the connection, or cuts it when the client stalls.
    /// </summary>
    public async ValueTask CloseAsync()
    {
        Volatile.Write(ref _flushingSince, time.GetTimestamp());
        _flushing = true;
        if (_tls is not null)
        {
            await _tls.CloseAsync();
        }

        await context.DisposeAsync();
    }

    /// <summary>
    /// Which deadline the client has missed, as a sentence; null when it is in time or was cut already.
    /// </summary>
    public string? FindMissedDeadline()
    {
        if (Volatile.Read(ref _aborted))
        {
            return null;
        }

        if (_flushing && IsOver(options.StallTimeout, Volatile.Read(ref _flushingSince)))
        {
            return $"The client has read nothing of its replies for {options.StallTimeout}.";
        }

        return _waitingFor switch
        {
            InputWait.Nothing => null,
            _ when !_isAdmitted => IsOver(options.HandshakeTimeout, _openedAt)
                ? $"The client has sent no request within {options.HandshakeTimeout}, or has not logged in."
                : null,
            InputWait.NextRequest => FindIdle(),
            InputWait.Memory => IsOver(options.StallTimeout, Volatile.Read(ref _requestBegunAt))
                ? $"There was no memory for a request of {_requestBytes} bytes within {options.StallTimeout}."
                : null,
            _ => FindSlow(),
        };
    }

    private PipeReader Input => _tls?.Input ?? context.Transport.Input;

    private async ValueTask TakeMemoryAsync(int bytes)
    {
        _requestBytes = bytes;
        Volatile.Write(ref _requestBegunAt, time.GetTimestamp());
        _waitingFor = InputWait.Memory;
        await memory.TakeAsync(bytes, Draining);
        _waitingFor = InputWait.Nothing;

        // Only from here on does it depend on the client.
        Touch();
        Volatile.Write(ref _requestBegunAt, Volatile.Read(ref _lastActivityAt));
        metrics.MemoryTaken(protocol, ReceiveMemory.HeldBytes(bytes));
    }

    private void ReleaseMemory(int bytes)
    {
        memory.Release(bytes);
        metrics.MemoryReleased(protocol, ReceiveMemory.HeldBytes(bytes));
    }

    // Cancelled reads mean that the connection was aborted or shall drain.
    private async ValueTask<ReadResult> ReadAsync(bool insideRequest)
    {
        _waitingFor = insideRequest ? InputWait.RestOfRequest : InputWait.NextRequest;
        var result = await ReadInputAsync();
        _waitingFor = InputWait.Nothing;
        Touch();
        if (!insideRequest)
        {
            _requestBytes = 0;
            Volatile.Write(ref _requestBegunAt, Volatile.Read(ref _lastActivityAt));
        }

        Closed.ThrowIfCancellationRequested();
        return result;
    }

    // Under TLS what goes wrong underneath is an IOException of its own, and so is a client's refusal of us.
    private async ValueTask<ReadResult> ReadInputAsync()
    {
        try
        {
            return await Input.ReadAsync(CancellationToken.None);
        }
        catch (IOException e) when (_tls is not null && e is not ConnectionResetException)
        {
            throw _isAdmitted
                ? new ConnectionResetException(e.Message, e)
                : new AuthenticationFailedException($"TLS has ended: {e.GetBaseException().Message}", e);
        }
    }

    private string? FindIdle()
        => Volatile.Read(ref _unansweredCount) == 0
            && IsOver(options.IdleTimeout, Volatile.Read(ref _lastActivityAt))
            ? $"The client has been idle for {options.IdleTimeout}."
            : null;

    private string? FindSlow()
    {
        if (IsOver(options.StallTimeout, Volatile.Read(ref _lastActivityAt)))
        {
            return $"The client has stalled inside a request for {options.StallTimeout}.";
        }

        var limit = options.StallTimeout + TimeSpan.FromSeconds((double)_requestBytes / options.MinReceiveRate);
        return IsOver(limit, Volatile.Read(ref _requestBegunAt))
            ? $"The client sends a request of {_requestBytes} bytes more slowly than {options.MinReceiveRate} a second."
            : null;
    }

    private bool IsOver(TimeSpan limit, long since) => time.GetElapsedTime(since) > limit;

    private void Touch() => Volatile.Write(ref _lastActivityAt, time.GetTimestamp());
}
