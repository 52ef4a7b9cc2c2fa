namespace OrleansStream.Protocols.Kafka.Messages;

/// <summary>Replaces the whole configuration of topics and nodes. Versions 0 to 2.</summary>
/// <param name="ValidateOnly">Check everything, change nothing.</param>
public sealed record AlterConfigsRequest(IReadOnlyList<ReplacedResource> Resources, bool ValidateOnly)
    : IKafkaRequest<AlterConfigsRequest, AlterConfigsResponse>
{
    public static ApiKey ApiKey => ApiKey.AlterConfigs;

    public static AlterConfigsRequest Read(ref KafkaReader reader, int version)
        => new(reader.ReadArray<ReplacedResource>(version), reader.ReadBoolean());

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteArray(Resources, version);
        writer.WriteBoolean(ValidateOnly);
    }
}

/// <summary>All that is to be configured of one topic or node.</summary>
public readonly record struct ReplacedResource(
    ConfigResourceType Type, string Name, IReadOnlyList<ReplacedConfig> Configs)
    : IKafkaStruct<ReplacedResource>
{
    public static ReplacedResource Read(ref KafkaReader reader, int version)
        => new((ConfigResourceType)reader.ReadInt8(), reader.ReadString(), reader.ReadArray<ReplacedConfig>(version));

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteInt8((sbyte)Type);
        writer.WriteString(Name);
        writer.WriteArray(Configs, version);
    }
}

/// <summary>One configuration.</summary>
public readonly record struct ReplacedConfig(string Name, string? Value) : IKafkaStruct<ReplacedConfig>
{
    public static ReplacedConfig Read(ref KafkaReader reader, int version)
        => new(reader.ReadString(), reader.ReadNullableString());

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteString(Name);
        writer.WriteString(Value);
    }
}

/// <summary>What became of each topic's or node's configuration.</summary>
public sealed record AlterConfigsResponse(IReadOnlyList<AlteredResource> Resources, int ThrottleTimeMs = 0)
    : IKafkaStruct<AlterConfigsResponse>
{
    public static AlterConfigsResponse Read(ref KafkaReader reader, int version)
    {
        var throttleTimeMs = reader.ReadInt32();
        return new AlterConfigsResponse(reader.ReadArray<AlteredResource>(version), throttleTimeMs);
    }

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteInt32(ThrottleTimeMs);
        writer.WriteArray(Resources, version);
    }
}
