using System.Net;
using Microsoft.AspNetCore.Connections;

namespace OrleansStream.Silo.Gateways;

/// <summary>
/// Accepts the connections of one protocol on one address, from the moment it is opened until it is disposed.
/// </summary>
/// <remarks>
/// Uses the web server's socket transport but not its listeners: those open with the server, and a gateway must not
/// accept anyone before the cluster has recovered.
/// </remarks>
internal sealed class GatewayListener : IAsyncDisposable
{
    private readonly IConnectionListener _listener;
    private readonly IGatewayProtocol _protocol;
    private readonly GatewayConnections _connections;
    private readonly CancellationTokenSource _stopping = new();

    private GatewayListener(IConnectionListener listener, IGatewayProtocol protocol, GatewayConnections connections)
    {
        _listener = listener;
        _protocol = protocol;
        _connections = connections;
        Accepting = Task.Run(AcceptAsync);
    }

    /// <summary>Where clients can connect: the port is the real one, also if any free one was asked for.</summary>
    public EndPoint Address => _listener.EndPoint;

    /// <summary>Ends when this is disposed; fails when nobody can be accepted any more.</summary>
    public Task Accepting { get; }

    /// <exception cref="AddressInUseException">Somebody else listens there.</exception>
    public static async Task<GatewayListener> OpenAsync(
        IConnectionListenerFactory transport,
        EndPoint address,
        IGatewayProtocol protocol,
        GatewayConnections connections,
        CancellationToken cancellationToken)
        => new(await transport.BindAsync(address, cancellationToken), protocol, connections);

    /// <summary>Stops accepting. Connections that are open stay open.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _listener.UnbindAsync();
        await Accepting;
        await _listener.DisposeAsync();
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (await _listener.AcceptAsync() is { } context)
        {
            // Served in the background; the connections know it from here on, and it reports its own failures.
            _ = _connections.ServeAsync(context, _protocol);
            await _connections.WaitToAcceptAsync(_stopping.Token)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
