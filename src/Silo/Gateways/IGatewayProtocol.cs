namespace OrleansStream.Silo.Gateways;

/// <summary>Speaks one protocol on connections that somebody else accepts, watches and closes.</summary>
internal interface IGatewayProtocol
{
    /// <summary>As it shall appear in logs and metrics.</summary>
    string Name { get; }

    /// <summary>
    /// Serves one connection until the client has sent its last request and has all its replies, or the connection
    /// is <see cref="GatewayConnection.Draining"/> and nothing is in flight any more. An exception ends the connection.
    /// </summary>
    Task ServeAsync(GatewayConnection connection);
}
