using System.Globalization;
using Microsoft.Extensions.Options;
using OrleansStream.Protocols.Kafka.Messages;

namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>What Kafka's admin clients may want to know of a node's configuration. Read-only.</summary>
internal sealed class BrokerConfigs(IOptions<KafkaGatewayOptions> gateway, IOptions<KafkaApiOptions> apis)
{
    public IEnumerable<DescribedConfig> List(int nodeId) =>
    [
        Describe(
            "auto.create.topics.enable",
            apis.Value.AutoCreateTopics ? "true" : "false",
            ConfigType.Boolean,
            "Whether asking for a topic's metadata creates it."),
        Describe("broker.id", Text(nodeId), ConfigType.Int, "The number of this node."),
        Describe(
            "default.replication.factor",
            "1",
            ConfigType.Int,
            "Only 1: durability comes from the storage, not from replicas."),
        Describe(
            "fetch.max.bytes",
            Text(apis.Value.MaxFetchBytes),
            ConfigType.Int,
            "The most bytes of records one Fetch returns."),
        Describe(
            "socket.request.max.bytes",
            Text(gateway.Value.MaxFrameBytes),
            ConfigType.Int,
            "The largest request accepted."),
    ];

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static DescribedConfig Describe(string name, string value, ConfigType type, string documentation) => new(
        name,
        value,
        IsReadOnly: true,
        ConfigSource.StaticBroker,
        IsSensitive: false,
        [new ConfigSynonym(name, value, ConfigSource.StaticBroker)],
        type,
        documentation);
}
