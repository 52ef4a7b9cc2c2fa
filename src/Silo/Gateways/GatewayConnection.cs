using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using OrleansStream.Silo.Gateways.Security;

namespace OrleansStream.Silo.Gateways;

/// <summary>One open connection: its bytes, and what its protocol waits for, so that no wait lasts for ever.</summary>
/// <remarks>
/// The protocol's read loop calls <see cref="ReadAsync"/> and <see cref="RequestStarted"/>, its write loop
/// <see cref="FlushAsync"/> and <see cref="RequestAnswered"/>. <see cref="GatewayConnections"/> asks every second, from
/// a timer, whether a deadline has passed, so that no single wait needs a timer of its own.
/// </remarks>
[SuppressMessage(
    "Design",
    "CA1001",
    Justification = "Token sources without timers need no disposal, and an abort may still come when all is over.")]
internal sealed class GatewayConnection(
    ConnectionContext context, string protocol, ConnectionOptions options, TimeProvider time, GatewayMetrics metrics)
{
    private readonly CancellationTokenSource _closed = new();
    private readonly CancellationTokenSource _draining = new();
    private readonly long _openedAt = time.GetTimestamp();

    private long _lastActivityAt = time.GetTimestamp();
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
        RestOfRequest,
    }

    public string Id => context.ConnectionId;

    public string Protocol => protocol;

    public EndPoint? Remote => context.RemoteEndPoint;

    public EndPoint? Local => context.LocalEndPoint;

    public PipeReader Input => _tls?.Input ?? context.Transport.Input;

    public PipeWriter Output => _tls?.Output ?? context.Transport.Output;

    /// <summary>Who the client's certificate is of; null when it showed none.</summary>
    public string? Principal => _tls?.Principal;

    /// <summary>
    /// Cancelled when nobody waits for replies any more. A client that merely sends no more still reads.
    /// </summary>
    public CancellationToken Closed => _closed.Token;

    /// <summary>Cancelled when no further request shall be started: the silo stops.</summary>
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

    /// <summary>Waits for input. Cancelled reads mean that the connection was aborted or shall drain.</summary>
    /// <param name="insideRequest">Whether a part of a request has arrived and its rest has not.</param>
    public async ValueTask<ReadResult> ReadAsync(bool insideRequest)
    {
        _waitingFor = insideRequest ? InputWait.RestOfRequest : InputWait.NextRequest;
        var result = await ReadInputAsync();
        _waitingFor = InputWait.Nothing;
        Touch();

        Closed.ThrowIfCancellationRequested();
        return result;
    }

    /// <param name="isAdmitted">Whether the client is known by now, where it has to be; else it must hurry.</param>
    public void RequestStarted(int bytes, bool isAdmitted)
    {
        Interlocked.Increment(ref _unansweredCount);
        _isAdmitted |= isAdmitted;
        metrics.RequestReceived(protocol, bytes);
    }

    public void RequestAnswered(bool isAdmitted)
    {
        Touch();
        _isAdmitted |= isAdmitted;
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
        Input.CancelPendingRead();
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

        if (_waitingFor == InputWait.Nothing)
        {
            return null;
        }

        if (!_isAdmitted)
        {
            return IsOver(options.HandshakeTimeout, _openedAt)
                ? $"The client has sent no request within {options.HandshakeTimeout}, or has not logged in."
                : null;
        }

        var lastActivityAt = Volatile.Read(ref _lastActivityAt);
        if (_waitingFor == InputWait.RestOfRequest)
        {
            return IsOver(options.StallTimeout, lastActivityAt)
                ? $"The client has stalled inside a request for {options.StallTimeout}."
                : null;
        }

        return Volatile.Read(ref _unansweredCount) == 0 && IsOver(options.IdleTimeout, lastActivityAt)
            ? $"The client has been idle for {options.IdleTimeout}."
            : null;
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

    private bool IsOver(TimeSpan limit, long since) => time.GetElapsedTime(since) > limit;

    private void Touch() => Volatile.Write(ref _lastActivityAt, time.GetTimestamp());
}
