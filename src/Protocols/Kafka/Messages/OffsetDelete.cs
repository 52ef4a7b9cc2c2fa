namespace OrleansStream.Protocols.Kafka.Messages;

/// <summary>Forgets offsets that a group has committed. Version 0.</summary>
public sealed record OffsetDeleteRequest(string GroupId, IReadOnlyList<PartitionNumbers> Topics)
    : IKafkaRequest<OffsetDeleteRequest, OffsetDeleteResponse>
{
    public static ApiKey ApiKey => ApiKey.OffsetDelete;

    public static OffsetDeleteRequest Read(ref KafkaReader reader, int version)
        => new(reader.ReadString(), reader.ReadArray<PartitionNumbers>(version));

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteString(GroupId);
        writer.WriteArray(Topics, version);
    }
}

/// <summary>What became of each offset.</summary>
/// <param name="Error">Of the request as a whole.</param>
public sealed record OffsetDeleteResponse(
    ErrorCode Error, IReadOnlyList<PerTopic<PartitionError>> Topics, int ThrottleTimeMs = 0)
    : IKafkaStruct<OffsetDeleteResponse>
{
    public static OffsetDeleteResponse Read(ref KafkaReader reader, int version)
    {
        var error = reader.ReadErrorCode();
        var throttleTimeMs = reader.ReadInt32();
        return new OffsetDeleteResponse(error, reader.ReadArray<PerTopic<PartitionError>>(version), throttleTimeMs);
    }

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteErrorCode(Error);
        writer.WriteInt32(ThrottleTimeMs);
        writer.WriteArray(Topics, version);
    }
}
