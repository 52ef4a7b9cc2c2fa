namespace OrleansStream.Protocols.Kafka.Messages;

/// <summary>Moves the log start of partitions forward. Versions 0 to 2.</summary>
public sealed record DeleteRecordsRequest(IReadOnlyList<PerTopic<DeleteRecordsPartition>> Topics, int TimeoutMs)
    : IKafkaRequest<DeleteRecordsRequest, DeleteRecordsResponse>
{
    public static ApiKey ApiKey => ApiKey.DeleteRecords;

    public static DeleteRecordsRequest Read(ref KafkaReader reader, int version)
        => new(reader.ReadArray<PerTopic<DeleteRecordsPartition>>(version), reader.ReadInt32());

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteArray(Topics, version);
        writer.WriteInt32(TimeoutMs);
    }
}

/// <summary>Up to where one partition's records are deleted.</summary>
/// <param name="BeforeOffset">The new log start; -1 for the high watermark.</param>
public readonly record struct DeleteRecordsPartition(int Index, long BeforeOffset)
    : IKafkaStruct<DeleteRecordsPartition>
{
    public static DeleteRecordsPartition Read(ref KafkaReader reader, int version)
        => new(reader.ReadInt32(), reader.ReadInt64());

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteInt32(Index);
        writer.WriteInt64(BeforeOffset);
    }
}

/// <summary>Where the logs start now.</summary>
public sealed record DeleteRecordsResponse(IReadOnlyList<PerTopic<DeletedRecords>> Topics, int ThrottleTimeMs = 0)
    : IKafkaStruct<DeleteRecordsResponse>
{
    public static DeleteRecordsResponse Read(ref KafkaReader reader, int version)
    {
        var throttleTimeMs = reader.ReadInt32();
        return new DeleteRecordsResponse(reader.ReadArray<PerTopic<DeletedRecords>>(version), throttleTimeMs);
    }

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteInt32(ThrottleTimeMs);
        writer.WriteArray(Topics, version);
    }
}

/// <summary>Where one partition's log starts now.</summary>
/// <param name="LowWatermark">-1 on an error.</param>
public readonly record struct DeletedRecords(int Index, long LowWatermark, ErrorCode Error)
    : IKafkaStruct<DeletedRecords>
{
    public static DeletedRecords Read(ref KafkaReader reader, int version)
        => new(reader.ReadInt32(), reader.ReadInt64(), reader.ReadErrorCode());

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteInt32(Index);
        writer.WriteInt64(LowWatermark);
        writer.WriteErrorCode(Error);
    }
}
