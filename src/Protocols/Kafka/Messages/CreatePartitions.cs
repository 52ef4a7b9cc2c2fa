namespace OrleansStream.Protocols.Kafka.Messages;

/// <summary>Adds partitions to topics. Versions 0 to 3.</summary>
/// <param name="ValidateOnly">Check everything, change nothing.</param>
public sealed record CreatePartitionsRequest(IReadOnlyList<GrowingTopic> Topics, int TimeoutMs, bool ValidateOnly)
    : IKafkaRequest<CreatePartitionsRequest, CreatePartitionsResponse>
{
    public static ApiKey ApiKey => ApiKey.CreatePartitions;

    public static CreatePartitionsRequest Read(ref KafkaReader reader, int version) => new(
        Topics: reader.ReadArray<GrowingTopic>(version),
        TimeoutMs: reader.ReadInt32(),
        ValidateOnly: reader.ReadBoolean());

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteArray(Topics, version);
        writer.WriteInt32(TimeoutMs);
        writer.WriteBoolean(ValidateOnly);
    }
}

/// <summary>A topic that is to have more partitions.</summary>
/// <param name="PartitionCount">How many it has afterwards.</param>
/// <param name="Assignments">One per new partition; null leaves the choice to the cluster.</param>
public readonly record struct GrowingTopic(
    string Name, int PartitionCount, IReadOnlyList<NewPartitionAssignment>? Assignments)
    : IKafkaStruct<GrowingTopic>
{
    public static GrowingTopic Read(ref KafkaReader reader, int version)
        => new(reader.ReadString(), reader.ReadInt32(), reader.ReadNullableArray<NewPartitionAssignment>(version));

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteString(Name);
        writer.WriteInt32(PartitionCount);
        writer.WriteArray(Assignments, version);
    }
}

/// <summary>The nodes that are to hold a new partition.</summary>
public readonly record struct NewPartitionAssignment(IReadOnlyList<int> NodeIds) : IKafkaStruct<NewPartitionAssignment>
{
    public static NewPartitionAssignment Read(ref KafkaReader reader, int version) => new(reader.ReadInt32Array());

    public void Write(KafkaWriter writer, int version) => writer.WriteInt32Array(NodeIds);
}

/// <summary>What became of each topic.</summary>
public sealed record CreatePartitionsResponse(IReadOnlyList<GrownTopic> Topics, int ThrottleTimeMs = 0)
    : IKafkaStruct<CreatePartitionsResponse>
{
    public static CreatePartitionsResponse Read(ref KafkaReader reader, int version)
    {
        var throttleTimeMs = reader.ReadInt32();
        return new CreatePartitionsResponse(reader.ReadArray<GrownTopic>(version), throttleTimeMs);
    }

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteInt32(ThrottleTimeMs);
        writer.WriteArray(Topics, version);
    }
}

/// <summary>Whether one topic got its partitions.</summary>
public readonly record struct GrownTopic(string Name, ErrorCode Error, string? ErrorMessage) : IKafkaStruct<GrownTopic>
{
    public static GrownTopic Read(ref KafkaReader reader, int version)
        => new(reader.ReadString(), reader.ReadErrorCode(), reader.ReadNullableString());

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteString(Name);
        writer.WriteErrorCode(Error);
        writer.WriteString(ErrorMessage);
    }
}
