namespace OrleansStream.Protocols.Kafka.Messages;

/// <summary>Creates topics. Versions 2 to 7.</summary>
/// <param name="ValidateOnly">Check everything, change nothing.</param>
public sealed record CreateTopicsRequest(IReadOnlyList<CreatableTopic> Topics, int TimeoutMs, bool ValidateOnly)
    : IKafkaRequest<CreateTopicsRequest, CreateTopicsResponse>
{
    public static ApiKey ApiKey => ApiKey.CreateTopics;

    public static CreateTopicsRequest Read(ref KafkaReader reader, int version) => new(
        Topics: reader.ReadArray<CreatableTopic>(version),
        TimeoutMs: reader.ReadInt32(),
        ValidateOnly: reader.ReadBoolean());

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteArray(Topics, version);
        writer.WriteInt32(TimeoutMs);
        writer.WriteBoolean(ValidateOnly);
    }
}

/// <summary>A topic to be created.</summary>
/// <param name="PartitionCount">-1 for the cluster's default, and when there are assignments.</param>
/// <param name="ReplicationFactor">-1 for the cluster's default, and when there are assignments.</param>
public sealed record CreatableTopic(
    string Name,
    int PartitionCount,
    short ReplicationFactor,
    IReadOnlyList<ReplicaAssignment> Assignments,
    IReadOnlyList<CreatableConfig> Configs)
    : IKafkaStruct<CreatableTopic>
{
    public static CreatableTopic Read(ref KafkaReader reader, int version) => new(
        Name: reader.ReadString(),
        PartitionCount: reader.ReadInt32(),
        ReplicationFactor: reader.ReadInt16(),
        Assignments: reader.ReadArray<ReplicaAssignment>(version),
        Configs: reader.ReadArray<CreatableConfig>(version));

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteString(Name);
        writer.WriteInt32(PartitionCount);
        writer.WriteInt16(ReplicationFactor);
        writer.WriteArray(Assignments, version);
        writer.WriteArray(Configs, version);
    }
}

/// <summary>The nodes that are to hold a partition.</summary>
public readonly record struct ReplicaAssignment(int Partition, IReadOnlyList<int> NodeIds)
    : IKafkaStruct<ReplicaAssignment>
{
    public static ReplicaAssignment Read(ref KafkaReader reader, int version)
        => new(reader.ReadInt32(), reader.ReadInt32Array());

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteInt32(Partition);
        writer.WriteInt32Array(NodeIds);
    }
}

/// <summary>A configuration of a topic to be created.</summary>
public readonly record struct CreatableConfig(string Name, string? Value) : IKafkaStruct<CreatableConfig>
{
    public static CreatableConfig Read(ref KafkaReader reader, int version)
        => new(reader.ReadString(), reader.ReadNullableString());

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteString(Name);
        writer.WriteString(Value);
    }
}

/// <summary>What became of each topic.</summary>
public sealed record CreateTopicsResponse(IReadOnlyList<CreatedTopic> Topics, int ThrottleTimeMs = 0)
    : IKafkaStruct<CreateTopicsResponse>
{
    public static CreateTopicsResponse Read(ref KafkaReader reader, int version)
    {
        var throttleTimeMs = reader.ReadInt32();
        return new CreateTopicsResponse(reader.ReadArray<CreatedTopic>(version), throttleTimeMs);
    }

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteInt32(ThrottleTimeMs);
        writer.WriteArray(Topics, version);
    }
}

/// <summary>The topic created, or why it was not.</summary>
/// <param name="Configs">Null when they are not to be seen; before version 5 they are not sent.</param>
public sealed record CreatedTopic(
    string Name,
    Guid Id,
    ErrorCode Error,
    string? ErrorMessage,
    int PartitionCount = -1,
    short ReplicationFactor = -1,
    IReadOnlyList<CreatedConfig>? Configs = null)
    : IKafkaStruct<CreatedTopic>
{
    public static CreatedTopic Read(ref KafkaReader reader, int version) => new(
        Name: reader.ReadString(),
        Id: version >= 7 ? reader.ReadUuid() : default,
        Error: reader.ReadErrorCode(),
        ErrorMessage: reader.ReadNullableString(),
        PartitionCount: version >= 5 ? reader.ReadInt32() : -1,
        ReplicationFactor: version >= 5 ? reader.ReadInt16() : (short)-1,
        Configs: version >= 5 ? reader.ReadNullableArray<CreatedConfig>(version) : null);

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteString(Name);
        if (version >= 7)
        {
            writer.WriteUuid(Id);
        }

        writer.WriteErrorCode(Error);
        writer.WriteString(ErrorMessage);
        if (version >= 5)
        {
            writer.WriteInt32(PartitionCount);
            writer.WriteInt16(ReplicationFactor);
            writer.WriteArray(Configs, version);
        }
    }
}

/// <summary>A configuration of the topic created.</summary>
public readonly record struct CreatedConfig(
    string Name, string? Value, bool IsReadOnly, ConfigSource Source, bool IsSensitive)
    : IKafkaStruct<CreatedConfig>
{
    public static CreatedConfig Read(ref KafkaReader reader, int version) => new(
        Name: reader.ReadString(),
        Value: reader.ReadNullableString(),
        IsReadOnly: reader.ReadBoolean(),
        Source: (ConfigSource)reader.ReadInt8(),
        IsSensitive: reader.ReadBoolean());

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteString(Name);
        writer.WriteString(Value);
        writer.WriteBoolean(IsReadOnly);
        writer.WriteInt8((sbyte)Source);
        writer.WriteBoolean(IsSensitive);
    }
}
