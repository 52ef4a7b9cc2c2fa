namespace OrleansStream.Protocols.Kafka.Messages;

/// <summary>Asks to move the leadership of partitions to other replicas. Versions 0 to 2.</summary>
/// <param name="ElectionType">0 for the preferred replica, 1 for any living one. Sent from version 1 on.</param>
/// <param name="Topics">Null for all.</param>
public sealed record ElectLeadersRequest(sbyte ElectionType, IReadOnlyList<PartitionNumbers>? Topics, int TimeoutMs)
    : IKafkaRequest<ElectLeadersRequest, ElectLeadersResponse>
{
    public static ApiKey ApiKey => ApiKey.ElectLeaders;

    public static ElectLeadersRequest Read(ref KafkaReader reader, int version) => new(
        ElectionType: version >= 1 ? reader.ReadInt8() : (sbyte)0,
        Topics: reader.ReadNullableArray<PartitionNumbers>(version),
        TimeoutMs: reader.ReadInt32());

    public void Write(KafkaWriter writer, int version)
    {
        if (version >= 1)
        {
            writer.WriteInt8(ElectionType);
        }

        writer.WriteArray(Topics, version);
        writer.WriteInt32(TimeoutMs);
    }
}

/// <summary>What became of each partition.</summary>
/// <param name="Error">Of the request as a whole. Sent from version 1 on.</param>
public sealed record ElectLeadersResponse(
    ErrorCode Error, IReadOnlyList<PerTopic<PartitionOutcome>> Topics, int ThrottleTimeMs = 0)
    : IKafkaStruct<ElectLeadersResponse>
{
    public static ElectLeadersResponse Read(ref KafkaReader reader, int version)
    {
        var throttleTimeMs = reader.ReadInt32();
        return new ElectLeadersResponse(
            Error: version >= 1 ? reader.ReadErrorCode() : ErrorCode.None,
            Topics: reader.ReadArray<PerTopic<PartitionOutcome>>(version),
            ThrottleTimeMs: throttleTimeMs);
    }

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteInt32(ThrottleTimeMs);
        if (version >= 1)
        {
            writer.WriteErrorCode(Error);
        }

        writer.WriteArray(Topics, version);
    }
}
