namespace OrleansStream.Protocols.Kafka.Messages;

/// <summary>Asks how much of a node's disk partitions take. Versions 1 to 4.</summary>
/// <param name="Topics">Null for all.</param>
public sealed record DescribeLogDirsRequest(IReadOnlyList<PartitionNumbers>? Topics)
    : IKafkaRequest<DescribeLogDirsRequest, DescribeLogDirsResponse>
{
    public static ApiKey ApiKey => ApiKey.DescribeLogDirs;

    public static DescribeLogDirsRequest Read(ref KafkaReader reader, int version)
        => new(reader.ReadNullableArray<PartitionNumbers>(version));

    public void Write(KafkaWriter writer, int version) => writer.WriteArray(Topics, version);
}

/// <summary>What the directories hold.</summary>
/// <param name="Error">Sent from version 3 on.</param>
public sealed record DescribeLogDirsResponse(
    ErrorCode Error, IReadOnlyList<DescribedLogDir> LogDirs, int ThrottleTimeMs = 0)
    : IKafkaStruct<DescribeLogDirsResponse>
{
    public static DescribeLogDirsResponse Read(ref KafkaReader reader, int version)
    {
        var throttleTimeMs = reader.ReadInt32();
        return new DescribeLogDirsResponse(
            Error: version >= 3 ? reader.ReadErrorCode() : ErrorCode.None,
            LogDirs: reader.ReadArray<DescribedLogDir>(version),
            ThrottleTimeMs: throttleTimeMs);
    }

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteInt32(ThrottleTimeMs);
        if (version >= 3)
        {
            writer.WriteErrorCode(Error);
        }

        writer.WriteArray(LogDirs, version);
    }
}

/// <summary>What one directory holds.</summary>
/// <param name="TotalBytes">Of its volume; -1 when unknown. Sent from version 4 on, as is
/// <paramref name="UsableBytes"/>.</param>
public sealed record DescribedLogDir(
    ErrorCode Error,
    string Path,
    IReadOnlyList<PerTopic<DescribedLog>> Topics,
    long TotalBytes = -1,
    long UsableBytes = -1)
    : IKafkaStruct<DescribedLogDir>
{
    public static DescribedLogDir Read(ref KafkaReader reader, int version) => new(
        Error: reader.ReadErrorCode(),
        Path: reader.ReadString(),
        Topics: reader.ReadArray<PerTopic<DescribedLog>>(version),
        TotalBytes: version >= 4 ? reader.ReadInt64() : -1,
        UsableBytes: version >= 4 ? reader.ReadInt64() : -1);

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteErrorCode(Error);
        writer.WriteString(Path);
        writer.WriteArray(Topics, version);
        if (version >= 4)
        {
            writer.WriteInt64(TotalBytes);
            writer.WriteInt64(UsableBytes);
        }
    }
}

/// <summary>How much one partition takes.</summary>
/// <param name="OffsetLag">How many records are not visible to consumers yet.</param>
/// <param name="IsFuture">Whether it is a copy on the move from another directory.</param>
public readonly record struct DescribedLog(int Index, long SizeBytes, long OffsetLag, bool IsFuture = false)
    : IKafkaStruct<DescribedLog>
{
    public static DescribedLog Read(ref KafkaReader reader, int version)
        => new(reader.ReadInt32(), reader.ReadInt64(), reader.ReadInt64(), reader.ReadBoolean());

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteInt32(Index);
        writer.WriteInt64(SizeBytes);
        writer.WriteInt64(OffsetLag);
        writer.WriteBoolean(IsFuture);
    }
}
