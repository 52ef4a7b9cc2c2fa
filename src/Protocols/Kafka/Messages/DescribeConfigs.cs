namespace OrleansStream.Protocols.Kafka.Messages;

/// <summary>Asks for the configuration of topics and nodes. Versions 1 to 4.</summary>
public sealed record DescribeConfigsRequest(
    IReadOnlyList<DescribeConfigsResource> Resources, bool IncludeSynonyms = false, bool IncludeDocumentation = false)
    : IKafkaRequest<DescribeConfigsRequest, DescribeConfigsResponse>
{
    public static ApiKey ApiKey => ApiKey.DescribeConfigs;

    public static DescribeConfigsRequest Read(ref KafkaReader reader, int version) => new(
        Resources: reader.ReadArray<DescribeConfigsResource>(version),
        IncludeSynonyms: reader.ReadBoolean(),
        IncludeDocumentation: version >= 3 && reader.ReadBoolean());

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteArray(Resources, version);
        writer.WriteBoolean(IncludeSynonyms);
        if (version >= 3)
        {
            writer.WriteBoolean(IncludeDocumentation);
        }
    }
}

/// <summary>A topic or node whose configuration is asked for.</summary>
/// <param name="ConfigNames">Null for all.</param>
public readonly record struct DescribeConfigsResource(
    ConfigResourceType Type, string Name, IReadOnlyList<string>? ConfigNames)
    : IKafkaStruct<DescribeConfigsResource>
{
    public static DescribeConfigsResource Read(ref KafkaReader reader, int version)
        => new((ConfigResourceType)reader.ReadInt8(), reader.ReadString(), reader.ReadNullableStringArray());

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteInt8((sbyte)Type);
        writer.WriteString(Name);
        writer.WriteStringArray(ConfigNames);
    }
}

/// <summary>The configurations asked for.</summary>
public sealed record DescribeConfigsResponse(IReadOnlyList<DescribedResource> Resources, int ThrottleTimeMs = 0)
    : IKafkaStruct<DescribeConfigsResponse>
{
    public static DescribeConfigsResponse Read(ref KafkaReader reader, int version)
    {
        var throttleTimeMs = reader.ReadInt32();
        return new DescribeConfigsResponse(reader.ReadArray<DescribedResource>(version), throttleTimeMs);
    }

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteInt32(ThrottleTimeMs);
        writer.WriteArray(Resources, version);
    }
}

/// <summary>The configuration of one topic or node.</summary>
public sealed record DescribedResource(
    ErrorCode Error,
    string? ErrorMessage,
    ConfigResourceType Type,
    string Name,
    IReadOnlyList<DescribedConfig> Configs)
    : IKafkaStruct<DescribedResource>
{
    public static DescribedResource Read(ref KafkaReader reader, int version) => new(
        Error: reader.ReadErrorCode(),
        ErrorMessage: reader.ReadNullableString(),
        Type: (ConfigResourceType)reader.ReadInt8(),
        Name: reader.ReadString(),
        Configs: reader.ReadArray<DescribedConfig>(version));

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteErrorCode(Error);
        writer.WriteString(ErrorMessage);
        writer.WriteInt8((sbyte)Type);
        writer.WriteString(Name);
        writer.WriteArray(Configs, version);
    }
}

/// <summary>One configuration and its value.</summary>
/// <param name="Type">Sent from version 3 on, as is <paramref name="Documentation"/>.</param>
public sealed record DescribedConfig(
    string Name,
    string? Value,
    bool IsReadOnly,
    ConfigSource Source,
    bool IsSensitive,
    IReadOnlyList<ConfigSynonym> Synonyms,
    ConfigType Type = ConfigType.Unknown,
    string? Documentation = null)
    : IKafkaStruct<DescribedConfig>
{
    public static DescribedConfig Read(ref KafkaReader reader, int version) => new(
        Name: reader.ReadString(),
        Value: reader.ReadNullableString(),
        IsReadOnly: reader.ReadBoolean(),
        Source: (ConfigSource)reader.ReadInt8(),
        IsSensitive: reader.ReadBoolean(),
        Synonyms: reader.ReadArray<ConfigSynonym>(version),
        Type: version >= 3 ? (ConfigType)reader.ReadInt8() : ConfigType.Unknown,
        Documentation: version >= 3 ? reader.ReadNullableString() : null);

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteString(Name);
        writer.WriteString(Value);
        writer.WriteBoolean(IsReadOnly);
        writer.WriteInt8((sbyte)Source);
        writer.WriteBoolean(IsSensitive);
        writer.WriteArray(Synonyms, version);
        if (version >= 3)
        {
            writer.WriteInt8((sbyte)Type);
            writer.WriteString(Documentation);
        }
    }
}

/// <summary>One of the places a configuration's value may come from; the first listed is the one that counts.</summary>
public readonly record struct ConfigSynonym(string Name, string? Value, ConfigSource Source)
    : IKafkaStruct<ConfigSynonym>
{
    public static ConfigSynonym Read(ref KafkaReader reader, int version)
        => new(reader.ReadString(), reader.ReadNullableString(), (ConfigSource)reader.ReadInt8());

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteString(Name);
        writer.WriteString(Value);
        writer.WriteInt8((sbyte)Source);
    }
}
