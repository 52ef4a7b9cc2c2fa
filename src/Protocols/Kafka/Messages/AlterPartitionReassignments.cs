namespace OrleansStream.Protocols.Kafka.Messages;

/// <summary>Moves partitions to other nodes. Versions 0 and 1.</summary>
/// <param name="AllowReplicationFactorChange">Sent from version 1 on.</param>
public sealed record AlterPartitionReassignmentsRequest(
    int TimeoutMs, bool AllowReplicationFactorChange, IReadOnlyList<PerTopic<ReassignedPartition>> Topics)
    : IKafkaRequest<AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse>
{
    public static ApiKey ApiKey => ApiKey.AlterPartitionReassignments;

    public static AlterPartitionReassignmentsRequest Read(ref KafkaReader reader, int version) => new(
        TimeoutMs: reader.ReadInt32(),
        AllowReplicationFactorChange: version < 1 || reader.ReadBoolean(),
        Topics: reader.ReadArray<PerTopic<ReassignedPartition>>(version));

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteInt32(TimeoutMs);
        if (version >= 1)
        {
            writer.WriteBoolean(AllowReplicationFactorChange);
        }

        writer.WriteArray(Topics, version);
    }
}

/// <summary>Where one partition is to go.</summary>
/// <param name="NodeIds">Null to give up a move under way.</param>
public readonly record struct ReassignedPartition(int Index, IReadOnlyList<int>? NodeIds)
    : IKafkaStruct<ReassignedPartition>
{
    public static ReassignedPartition Read(ref KafkaReader reader, int version)
        => new(reader.ReadInt32(), reader.ReadNullableInt32Array());

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteInt32(Index);
        writer.WriteInt32Array(NodeIds);
    }
}

/// <summary>What became of each move.</summary>
/// <param name="AllowReplicationFactorChange">Sent from version 1 on.</param>
/// <param name="Error">Of the request as a whole.</param>
public sealed record AlterPartitionReassignmentsResponse(
    bool AllowReplicationFactorChange,
    ErrorCode Error,
    string? ErrorMessage,
    IReadOnlyList<PerTopic<PartitionOutcome>> Topics,
    int ThrottleTimeMs = 0)
    : IKafkaStruct<AlterPartitionReassignmentsResponse>
{
    public static AlterPartitionReassignmentsResponse Read(ref KafkaReader reader, int version)
    {
        var throttleTimeMs = reader.ReadInt32();
        return new AlterPartitionReassignmentsResponse(
            AllowReplicationFactorChange: version < 1 || reader.ReadBoolean(),
            Error: reader.ReadErrorCode(),
            ErrorMessage: reader.ReadNullableString(),
            Topics: reader.ReadArray<PerTopic<PartitionOutcome>>(version),
            ThrottleTimeMs: throttleTimeMs);
    }

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteInt32(ThrottleTimeMs);
        if (version >= 1)
        {
            writer.WriteBoolean(AllowReplicationFactorChange);
        }

        writer.WriteErrorCode(Error);
        writer.WriteString(ErrorMessage);
        writer.WriteArray(Topics, version);
    }
}
