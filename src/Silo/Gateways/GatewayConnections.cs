using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;
using OrleansStream.Protocols;
using OrleansStream.Silo.Gateways.Security;

namespace OrleansStream.Silo.Gateways;

/// <summary>
/// All open connections of all gateways: admits them, ends overdue ones, and drains them when the silo stops.
/// </summary>
internal sealed partial class GatewayConnections : IDisposable
{
    // Deadlines are seconds long, so that looking once a second is exact enough.
    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(1);

    // A connection that was cut ends as soon as its requests notice. One that does not is a bug, which must not
    // keep the process from ending.
    private static readonly TimeSpan CutTimeout = TimeSpan.FromSeconds(1);

    private readonly ConnectionOptions _options;
    private readonly ReceiveMemory _memory;
    private readonly GatewayMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger<GatewayConnections> _logger;
    private readonly Lock _gate = new();
    private readonly OpenConnections _open;
    private readonly TokenBucket _accepts;
    private readonly ITimer _timer;

    public GatewayConnections(
        IOptions<ConnectionOptions> options,
        GatewayMetrics metrics,
        TimeProvider time,
        ILogger<GatewayConnections> logger)
    {
        _options = options.Value;
        _memory = new ReceiveMemory(_options.ReceiveBytes);
        _metrics = metrics;
        _time = time;
        _logger = logger;
        _open = new OpenConnections(_options);
        _accepts = new TokenBucket(burst: TimeSpan.FromSeconds(1), maxDebt: TimeSpan.FromSeconds(1), time);
        _timer = time.CreateTimer(_ => AbortOverdue(), null, CheckInterval, CheckInterval);
    }

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _open.Count;
            }
        }
    }

    /// <summary>Ends when one more connection may be accepted.</summary>
    public Task WaitToAcceptAsync(CancellationToken cancellationToken)
        => _options.MaxAcceptRate is { } rate && _accepts.Use(1, rate) is var wait && wait > TimeSpan.Zero
            ? Task.Delay(wait, _time, cancellationToken)
            : Task.CompletedTask;

    /// <summary>Takes over a connection that was just accepted: serves it in the background and closes it.</summary>
    /// <returns>Ends when the connection is closed; never fails.</returns>
    public Task ServeAsync(ConnectionContext context, IGatewayProtocol protocol)
    {
        var connection = new GatewayConnection(context, protocol.Name, _options, _memory, _time, _metrics);
        ConnectionRefusal refusal;
        lock (_gate)
        {
            refusal = _open.TryAdd(connection);
            if (refusal == ConnectionRefusal.None)
            {
                connection.Served = Task.Run(() => ServeToEndAsync(connection, protocol));
                return connection.Served;
            }
        }

        _metrics.ConnectionRefused(protocol.Name, refusal);
        LogRefused(protocol.Name, context.RemoteEndPoint, refusal);
        connection.Abort($"The connection was refused: {refusal}.");
        return connection.CloseAsync().AsTask();
    }

    /// <summary>Lets every connection answer what is in flight, and cuts those that take too long.</summary>
    public async Task DrainAsync()
    {
        GatewayConnection[] open;
        lock (_gate)
        {
            _open.Close();
            open = [.. _open.All];
        }

        foreach (var connection in open)
        {
            connection.Drain();
        }

        var served = Task.WhenAll(open.Select(connection => connection.Served));
        try
        {
            await served.WaitAsync(_options.DrainTimeout, _time);
        }
        catch (TimeoutException)
        {
            LogDrainTimedOut(Count, _options.DrainTimeout);
            foreach (var connection in open.Where(connection => !connection.Served.IsCompleted))
            {
                connection.Abort("The silo stops.");
            }

            await served.WaitAsync(CutTimeout, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public void Dispose() => _timer.Dispose();

    private async Task ServeToEndAsync(GatewayConnection connection, IGatewayProtocol protocol)
    {
        _metrics.ConnectionOpened(protocol.Name);
        LogOpened(connection.Id, protocol.Name, connection.Remote);
        try
        {
            await SpeakAsync(connection, protocol);
            await connection.CloseAsync();
        }
        catch (Exception e)
        {
            LogFailed(e, connection.Id, connection.Remote);
        }
        finally
        {
            lock (_gate)
            {
                _open.Remove(connection);
            }

            _metrics.ConnectionClosed(protocol.Name);
            LogClosed(connection.Id);
        }
    }

    private async Task SpeakAsync(GatewayConnection connection, IGatewayProtocol protocol)
    {
        try
        {
            if (protocol.Tls is { } tls)
            {
                await connection.SecureAsync(tls);
            }

            await protocol.ServeAsync(connection);
        }
        catch (ProtocolException e)
        {
            LogProtocolError(connection.Id, connection.Remote, protocol.Name, e.Message);
        }
        catch (AuthenticationFailedException e)
        {
            _metrics.AuthenticationFailed(protocol.Name);
            LogAuthenticationFailed(connection.Id, connection.Remote, protocol.Name, e.Message);
        }
        catch (Exception e) when (e
            is OperationCanceledException or ConnectionResetException or ConnectionAbortedException)
        {
            // The client left, or was made to: whoever cut the connection has logged why.
        }
        catch (Exception e)
        {
            LogFailed(e, connection.Id, connection.Remote);
            connection.Abort("A request failed.");
        }
    }

    private void AbortOverdue()
    {
        List<(GatewayConnection Connection, string Reason)> overdue = [];
        lock (_gate)
        {
            foreach (var connection in _open.All)
            {
                if (connection.FindMissedDeadline() is { } reason)
                {
                    overdue.Add((connection, reason));
                }
            }
        }

        foreach (var (connection, reason) in overdue)
        {
            LogOverdue(connection.Id, connection.Remote, reason);
            _metrics.ConnectionOverdue(connection.Protocol);
            connection.Abort(reason);
        }
    }

    [LoggerMessage(4001, LogLevel.Debug, "{ConnectionId}: {Protocol} client connected from {Remote}.")]
    private partial void LogOpened(string connectionId, string protocol, EndPoint? remote);

    [LoggerMessage(4002, LogLevel.Debug, "{ConnectionId}: closed.")]
    private partial void LogClosed(string connectionId);

    [LoggerMessage(4003, LogLevel.Warning, "{Protocol} client at {Remote} refused: {Refusal}.")]
    private partial void LogRefused(string protocol, EndPoint? remote, ConnectionRefusal refusal);

    [LoggerMessage(4004, LogLevel.Warning, "{ConnectionId} from {Remote} broke the {Protocol} protocol: {Reason}")]
    private partial void LogProtocolError(string connectionId, EndPoint? remote, string protocol, string reason);

    [LoggerMessage(4005, LogLevel.Error, "{ConnectionId} from {Remote} closed: a request failed.")]
    private partial void LogFailed(Exception exception, string connectionId, EndPoint? remote);

    [LoggerMessage(4006, LogLevel.Information, "{ConnectionId} from {Remote} closed: {Reason}")]
    private partial void LogOverdue(string connectionId, EndPoint? remote, string reason);

    [LoggerMessage(4007, LogLevel.Warning, "{Count} connections cut: requests were still in flight after {Timeout}.")]
    private partial void LogDrainTimedOut(int count, TimeSpan timeout);

    [LoggerMessage(4008, LogLevel.Warning, "{ConnectionId} from {Remote} could not log in by {Protocol}: {Reason}")]
    private partial void LogAuthenticationFailed(
        string connectionId, EndPoint? remote, string protocol, string reason);
}
