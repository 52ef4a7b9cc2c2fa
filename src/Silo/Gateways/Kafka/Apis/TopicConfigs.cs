using OrleansStream.Contracts;
using OrleansStream.Protocols.Kafka.Messages;

namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>The configuration of a topic as Kafka's admin clients see it.</summary>
internal static class TopicConfigs
{
    /// <summary>Every configuration there is, with the topic's own value or the default.</summary>
    public static IEnumerable<DescribedConfig> List(TopicDescription topic)
        => TopicConfig.Definitions.Select(definition => Describe(definition, topic));

    private static ConfigType TypeOf(TopicConfigDefinition definition) => definition.Type switch
    {
        "int" => ConfigType.Int,
        "long" => ConfigType.Long,
        "double" => ConfigType.Double,
        "list" => ConfigType.List,
        _ => ConfigType.String,
    };

    private static DescribedConfig Describe(TopicConfigDefinition definition, TopicDescription topic)
    {
        var synonyms = new List<ConfigSynonym>(2);
        if (topic.Configs.TryGetValue(definition.Name, out var own))
        {
            synonyms.Add(new ConfigSynonym(definition.Name, own, ConfigSource.DynamicTopic));
        }

        synonyms.Add(new ConfigSynonym(definition.Name, definition.Default, ConfigSource.Default));
        return new DescribedConfig(
            definition.Name,
            synonyms[0].Value,
            IsReadOnly: false,
            synonyms[0].Source,
            IsSensitive: false,
            synonyms,
            TypeOf(definition),
            definition.Documentation);
    }
}
