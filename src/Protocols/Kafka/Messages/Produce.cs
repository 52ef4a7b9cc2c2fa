namespace OrleansStream.Protocols.Kafka.Messages;

/// <summary>Appends record batches to partitions. Versions 0 to 11.</summary>
/// <param name="Acks">0: no response at all; 1: stored in memory; -1: durable.</param>
/// <param name="TimeoutMs">How long the response may wait for the acknowledgement.</param>
public sealed record ProduceRequest(
    string? TransactionalId, short Acks, int TimeoutMs, IReadOnlyList<PerTopic<ProducePartition>> Topics)
    : IKafkaRequest<ProduceRequest, ProduceResponse>
{
    public static ApiKey ApiKey => ApiKey.Produce;

    public static ProduceRequest Read(ref KafkaReader reader, int version) => new(
        TransactionalId: version >= 3 ? reader.ReadNullableString() : null,
        Acks: reader.ReadInt16(),
        TimeoutMs: reader.ReadInt32(),
        Topics: reader.ReadArray<PerTopic<ProducePartition>>(version));

    public void Write(KafkaWriter writer, int version)
    {
        if (version >= 3)
        {
            writer.WriteString(TransactionalId);
        }

        writer.WriteInt16(Acks);
        writer.WriteInt32(TimeoutMs);
        writer.WriteArray(Topics, version);
    }
}

/// <summary>What is to be appended to one partition.</summary>
/// <param name="Records">A slice of the frame it was read from.</param>
public readonly record struct ProducePartition(int Index, ReadOnlyMemory<byte> Records)
    : IKafkaStruct<ProducePartition>
{
    public static ProducePartition Read(ref KafkaReader reader, int version)
        => new(reader.ReadInt32(), reader.ReadBytes());

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteInt32(Index);
        writer.WriteRecords(Records);
    }
}

/// <summary>Where the batches went.</summary>
public sealed record ProduceResponse(IReadOnlyList<PerTopic<ProducedPartition>> Topics, int ThrottleTimeMs = 0)
    : IKafkaStruct<ProduceResponse>
{
    public static ProduceResponse Read(ref KafkaReader reader, int version) => new(
        Topics: reader.ReadArray<PerTopic<ProducedPartition>>(version),
        ThrottleTimeMs: version >= 1 ? reader.ReadInt32() : 0);

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteArray(Topics, version);
        if (version >= 1)
        {
            writer.WriteInt32(ThrottleTimeMs);
        }
    }
}

/// <summary>Where one partition's batch went, or why it did not.</summary>
/// <param name="LogAppendTimeMs">-1 unless the log sets the timestamps.</param>
public readonly record struct ProducedPartition(
    int Index,
    ErrorCode Error,
    long BaseOffset,
    long LogAppendTimeMs = -1,
    long LogStartOffset = -1,
    IReadOnlyList<RecordError>? RecordErrors = null,
    string? ErrorMessage = null)
    : IKafkaStruct<ProducedPartition>
{
    public static ProducedPartition Read(ref KafkaReader reader, int version) => new(
        Index: reader.ReadInt32(),
        Error: reader.ReadErrorCode(),
        BaseOffset: reader.ReadInt64(),
        LogAppendTimeMs: version >= 2 ? reader.ReadInt64() : -1,
        LogStartOffset: version >= 5 ? reader.ReadInt64() : -1,
        RecordErrors: version >= 8 ? reader.ReadArray<RecordError>(version) : null,
        ErrorMessage: version >= 8 ? reader.ReadNullableString() : null);

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteInt32(Index);
        writer.WriteErrorCode(Error);
        writer.WriteInt64(BaseOffset);
        if (version >= 2)
        {
            writer.WriteInt64(LogAppendTimeMs);
        }

        if (version >= 5)
        {
            writer.WriteInt64(LogStartOffset);
        }

        if (version >= 8)
        {
            writer.WriteArray(RecordErrors ?? [], version);
            writer.WriteString(ErrorMessage);
        }
    }
}

/// <summary>A record that made its whole batch be refused.</summary>
/// <param name="Index">Counted from the batch's first record.</param>
public readonly record struct RecordError(int Index, string? Message) : IKafkaStruct<RecordError>
{
    public static RecordError Read(ref KafkaReader reader, int version)
        => new(reader.ReadInt32(), reader.ReadNullableString());

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteInt32(Index);
        writer.WriteString(Message);
    }
}
