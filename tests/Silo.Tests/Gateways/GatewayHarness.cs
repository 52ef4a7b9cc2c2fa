using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using OrleansStream.Protocols;
using OrleansStream.Silo.Gateways;
using OrleansStream.Silo.Gateways.Kafka;
using OrleansStream.Silo.Gateways.Security;
using OrleansStream.TestKit;

namespace OrleansStream.Silo.Tests.Gateways;

/// <summary>
/// The Kafka gateway on a clock that stands still, with a scripted router behind it and clients in memory.
/// </summary>
internal sealed class GatewayHarness : IDisposable
{
    private readonly long _rentedBefore = PooledBuffer.RentedCount;
    private readonly TestMeters _meters = new();
    private readonly KafkaGateway _gateway;

    public GatewayHarness(
        ConnectionOptions? limits = null, KafkaGatewayOptions? kafka = null, SecurityOptions? securityOptions = null)
    {
        Limits = limits ?? new ConnectionOptions();
        Connections = new GatewayConnections(
            Options.Create(Limits), new GatewayMetrics(_meters), Time, NullLogger<GatewayConnections>.Instance);
        var security = Options.Create(securityOptions ?? new SecurityOptions());
        _gateway = new KafkaGateway(
            Router,
            Options.Create(kafka ?? new KafkaGatewayOptions()),
            security,
            new TlsServer(security, Time, NullLogger<TlsServer>.Instance));
    }

    public ConnectionOptions Limits { get; }

    public ManualTimeProvider Time { get; } = new();

    public ScriptedRouter Router { get; } = new();

    public GatewayConnections Connections { get; }

    public KafkaGateway Gateway => _gateway;

    /// <summary>Connects a client whose side takes so many bytes of replies before it has to read.</summary>
    public GatewayClient Connect(int unreadBytes = 64 * 1_024) => Connect("127.0.0.1", unreadBytes);

    /// <summary>Connects a client from an address.</summary>
    public GatewayClient Connect(string address, int unreadBytes = 64 * 1_024)
    {
        var (client, server) = DuplexPipe.CreatePair(unreadBytes);
        var connection = new MemoryConnection(server) { RemoteEndPoint = IPEndPoint.Parse($"{address}:40000") };
        return new GatewayClient(client, connection, Connections.ServeAsync(connection, _gateway));
    }

    /// <summary>Also asserts that every rented buffer was given back.</summary>
    public void Dispose()
    {
        Connections.Dispose();
        _meters.Dispose();
        Assert.Equal(_rentedBefore, PooledBuffer.RentedCount);
    }
}
