namespace OrleansStream.Protocols.Kafka.Messages;

/// <summary>Asks which partitions are on the move to other nodes. Version 0.</summary>
/// <param name="Topics">Null for all.</param>
public sealed record ListPartitionReassignmentsRequest(int TimeoutMs, IReadOnlyList<PartitionNumbers>? Topics)
    : IKafkaRequest<ListPartitionReassignmentsRequest, ListPartitionReassignmentsResponse>
{
    public static ApiKey ApiKey => ApiKey.ListPartitionReassignments;

    public static ListPartitionReassignmentsRequest Read(ref KafkaReader reader, int version)
        => new(reader.ReadInt32(), reader.ReadNullableArray<PartitionNumbers>(version));

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteInt32(TimeoutMs);
        writer.WriteArray(Topics, version);
    }
}

/// <summary>The partitions on the move.</summary>
public sealed record ListPartitionReassignmentsResponse(
    ErrorCode Error,
    string? ErrorMessage,
    IReadOnlyList<PerTopic<MovingPartition>> Topics,
    int ThrottleTimeMs = 0)
    : IKafkaStruct<ListPartitionReassignmentsResponse>
{
    public static ListPartitionReassignmentsResponse Read(ref KafkaReader reader, int version)
    {
        var throttleTimeMs = reader.ReadInt32();
        return new ListPartitionReassignmentsResponse(
            Error: reader.ReadErrorCode(),
            ErrorMessage: reader.ReadNullableString(),
            Topics: reader.ReadArray<PerTopic<MovingPartition>>(version),
            ThrottleTimeMs: throttleTimeMs);
    }

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteInt32(ThrottleTimeMs);
        writer.WriteErrorCode(Error);
        writer.WriteString(ErrorMessage);
        writer.WriteArray(Topics, version);
    }
}

/// <summary>A partition on the move: the nodes that hold it, those that will, and those that no longer will.</summary>
public readonly record struct MovingPartition(
    int Index, IReadOnlyList<int> NodeIds, IReadOnlyList<int> AddedNodeIds, IReadOnlyList<int> RemovedNodeIds)
    : IKafkaStruct<MovingPartition>
{
    public static MovingPartition Read(ref KafkaReader reader, int version)
        => new(reader.ReadInt32(), reader.ReadInt32Array(), reader.ReadInt32Array(), reader.ReadInt32Array());

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteInt32(Index);
        writer.WriteInt32Array(NodeIds);
        writer.WriteInt32Array(AddedNodeIds);
        writer.WriteInt32Array(RemovedNodeIds);
    }
}
