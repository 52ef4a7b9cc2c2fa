using Microsoft.Extensions.Options;
using OrleansStream.Silo.Gateways.Security;

namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>Speaks Kafka's protocol on the connections it is given, each with a state of its own.</summary>
internal sealed class KafkaGateway(
    IKafkaRequestRouter router,
    IOptions<KafkaGatewayOptions> options,
    IOptions<SecurityOptions> security,
    TlsServer tls) : IGatewayProtocol
{
    public string Name => "kafka";

    public TlsServer? Tls => tls.IsOn ? tls : null;

    public Task ServeAsync(GatewayConnection connection)
        => new KafkaConnection(connection, router, options.Value, security.Value.UsesSasl).RunAsync();
}
