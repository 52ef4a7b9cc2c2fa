using Microsoft.Extensions.Options;

namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>Speaks Kafka's protocol on the connections it is given, each with a state of its own.</summary>
internal sealed class KafkaGateway(IKafkaRequestRouter router, IOptions<KafkaGatewayOptions> options) : IGatewayProtocol
{
    public string Name => "kafka";

    public Task ServeAsync(GatewayConnection connection)
        => new KafkaConnection(connection, router, options.Value).RunAsync();
}
