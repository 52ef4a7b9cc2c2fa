using System.Net;

namespace OrleansStream.Silo.Gateways;

/// <summary>Why a connection was closed as soon as it came.</summary>
internal enum ConnectionRefusal
{
    None,

    /// <summary>As many are open as may be.</summary>
    TooMany,

    /// <summary>As many are open from its address as may be.</summary>
    TooManyFromAddress,

    /// <summary>The silo stops.</summary>
    Stopping,
}

/// <summary>The connections that are served now, and whether one more may be.</summary>
/// <remarks>Not thread-safe: <see cref="GatewayConnections"/> uses it under its lock.</remarks>
internal sealed class OpenConnections(ConnectionOptions options)
{
    private readonly HashSet<GatewayConnection> _all = [];
    private readonly Dictionary<IPAddress, int> _countByAddress = [];
    private bool _isClosed;

    public int Count => _all.Count;

    public IReadOnlyCollection<GatewayConnection> All => _all;

    public ConnectionRefusal TryAdd(GatewayConnection connection)
    {
        if (_isClosed)
        {
            return ConnectionRefusal.Stopping;
        }

        if (_all.Count >= options.MaxCount)
        {
            return ConnectionRefusal.TooMany;
        }

        if (AddressOf(connection) is { } address)
        {
            var count = _countByAddress.GetValueOrDefault(address);
            if (count >= options.MaxCountPerAddress)
            {
                return ConnectionRefusal.TooManyFromAddress;
            }

            _countByAddress[address] = count + 1;
        }

        _all.Add(connection);
        return ConnectionRefusal.None;
    }

    public void Remove(GatewayConnection connection)
    {
        _all.Remove(connection);
        if (AddressOf(connection) is { } address && --_countByAddress[address] == 0)
        {
            _countByAddress.Remove(address);
        }
    }

    /// <summary>Lets nobody in any more.</summary>
    public void Close() => _isClosed = true;

    private static IPAddress? AddressOf(GatewayConnection connection) => (connection.Remote as IPEndPoint)?.Address;
}
