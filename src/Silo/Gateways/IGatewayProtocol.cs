using OrleansStream.Silo.Gateways.Security;

namespace OrleansStream.Silo.Gateways;

/// <summary>Speaks one protocol on connections that somebody else accepts, watches and closes.</summary>
internal interface IGatewayProtocol
{
    /// <summary>As it shall appear in logs and metrics.</summary>
    string Name { get; }

    /// <summary>What its connections are encrypted with; null when they are not.</summary>
    TlsServer? Tls { get; }

    /// <summary>
    /// Serves one connection until the client has sent its last request and has all its replies, or the connection
    /// is <see cref="GatewayConnection.Draining"/> and nothing is in flight any more. An exception ends the connection.
    /// </summary>
    Task ServeAsync(GatewayConnection connection);
}
