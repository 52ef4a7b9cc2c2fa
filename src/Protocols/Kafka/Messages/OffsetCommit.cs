namespace OrleansStream.Protocols.Kafka.Messages;

/// <summary>Stores how far a group has read. Versions 2 to 9.</summary>
/// <param name="GenerationId">-1, without a member id, for a client that is no member.</param>
/// <param name="InstanceId">Sent from version 7 on.</param>
/// <param name="RetentionTimeMs">-1 for the cluster's own retention. Sent up to version 4.</param>
public sealed record OffsetCommitRequest(
    string GroupId,
    int GenerationId,
    string MemberId,
    string? InstanceId,
    long RetentionTimeMs,
    IReadOnlyList<PerTopic<OffsetCommitPartition>> Topics)
    : IKafkaRequest<OffsetCommitRequest, OffsetCommitResponse>
{
    public static ApiKey ApiKey => ApiKey.OffsetCommit;

    public static OffsetCommitRequest Read(ref KafkaReader reader, int version) => new(
        GroupId: reader.ReadString(),
        GenerationId: reader.ReadInt32(),
        MemberId: reader.ReadString(),
        InstanceId: version >= 7 ? reader.ReadNullableString() : null,
        RetentionTimeMs: version <= 4 ? reader.ReadInt64() : -1,
        Topics: reader.ReadArray<PerTopic<OffsetCommitPartition>>(version));

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteString(GroupId);
        writer.WriteInt32(GenerationId);
        writer.WriteString(MemberId);
        if (version >= 7)
        {
            writer.WriteString(InstanceId);
        }

        if (version <= 4)
        {
            writer.WriteInt64(RetentionTimeMs);
        }

        writer.WriteArray(Topics, version);
    }
}

/// <summary>How far one partition was read.</summary>
/// <param name="Offset">The next record to read.</param>
/// <param name="LeaderEpoch">-1 when the client does not say. Sent from version 6 on.</param>
public readonly record struct OffsetCommitPartition(int Index, long Offset, int LeaderEpoch, string? Metadata)
    : IKafkaStruct<OffsetCommitPartition>
{
    public static OffsetCommitPartition Read(ref KafkaReader reader, int version) => new(
        Index: reader.ReadInt32(),
        Offset: reader.ReadInt64(),
        LeaderEpoch: version >= 6 ? reader.ReadInt32() : -1,
        Metadata: reader.ReadNullableString());

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteInt32(Index);
        writer.WriteInt64(Offset);
        if (version >= 6)
        {
            writer.WriteInt32(LeaderEpoch);
        }

        writer.WriteString(Metadata);
    }
}

/// <summary>What became of each offset.</summary>
public sealed record OffsetCommitResponse(IReadOnlyList<PerTopic<PartitionError>> Topics, int ThrottleTimeMs = 0)
    : IKafkaStruct<OffsetCommitResponse>
{
    public static OffsetCommitResponse Read(ref KafkaReader reader, int version)
    {
        var throttleTimeMs = version >= 3 ? reader.ReadInt32() : 0;
        return new OffsetCommitResponse(reader.ReadArray<PerTopic<PartitionError>>(version), throttleTimeMs);
    }

    public void Write(KafkaWriter writer, int version)
    {
        if (version >= 3)
        {
            writer.WriteInt32(ThrottleTimeMs);
        }

        writer.WriteArray(Topics, version);
    }
}
