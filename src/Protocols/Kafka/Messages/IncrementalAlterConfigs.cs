namespace OrleansStream.Protocols.Kafka.Messages;

/// <summary>Changes single configurations of topics and nodes. Versions 0 and 1.</summary>
/// <param name="ValidateOnly">Check everything, change nothing.</param>
public sealed record IncrementalAlterConfigsRequest(IReadOnlyList<AlterableResource> Resources, bool ValidateOnly)
    : IKafkaRequest<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse>
{
    public static ApiKey ApiKey => ApiKey.IncrementalAlterConfigs;

    public static IncrementalAlterConfigsRequest Read(ref KafkaReader reader, int version)
        => new(reader.ReadArray<AlterableResource>(version), reader.ReadBoolean());

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteArray(Resources, version);
        writer.WriteBoolean(ValidateOnly);
    }
}

/// <summary>The changes to one topic or node.</summary>
public readonly record struct AlterableResource(
    ConfigResourceType Type, string Name, IReadOnlyList<AlterableConfig> Configs)
    : IKafkaStruct<AlterableResource>
{
    public static AlterableResource Read(ref KafkaReader reader, int version)
        => new((ConfigResourceType)reader.ReadInt8(), reader.ReadString(), reader.ReadArray<AlterableConfig>(version));

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteInt8((sbyte)Type);
        writer.WriteString(Name);
        writer.WriteArray(Configs, version);
    }
}

/// <summary>One change.</summary>
/// <param name="Value">Null when there is nothing to set.</param>
public readonly record struct AlterableConfig(string Name, ConfigOperation Operation, string? Value)
    : IKafkaStruct<AlterableConfig>
{
    public static AlterableConfig Read(ref KafkaReader reader, int version)
        => new(reader.ReadString(), (ConfigOperation)reader.ReadInt8(), reader.ReadNullableString());

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteString(Name);
        writer.WriteInt8((sbyte)Operation);
        writer.WriteString(Value);
    }
}

/// <summary>What became of each topic's or node's changes.</summary>
public sealed record IncrementalAlterConfigsResponse(IReadOnlyList<AlteredResource> Resources, int ThrottleTimeMs = 0)
    : IKafkaStruct<IncrementalAlterConfigsResponse>
{
    public static IncrementalAlterConfigsResponse Read(ref KafkaReader reader, int version)
    {
        var throttleTimeMs = reader.ReadInt32();
        return new IncrementalAlterConfigsResponse(reader.ReadArray<AlteredResource>(version), throttleTimeMs);
    }

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteInt32(ThrottleTimeMs);
        writer.WriteArray(Resources, version);
    }
}

/// <summary>Whether the changes to one topic or node were made; all of them or none.</summary>
public readonly record struct AlteredResource(
    ErrorCode Error, string? ErrorMessage, ConfigResourceType Type, string Name)
    : IKafkaStruct<AlteredResource>
{
    public static AlteredResource Read(ref KafkaReader reader, int version) => new(
        Error: reader.ReadErrorCode(),
        ErrorMessage: reader.ReadNullableString(),
        Type: (ConfigResourceType)reader.ReadInt8(),
        Name: reader.ReadString());

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteErrorCode(Error);
        writer.WriteString(ErrorMessage);
        writer.WriteInt8((sbyte)Type);
        writer.WriteString(Name);
    }
}
