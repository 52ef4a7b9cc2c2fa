namespace OrleansStream.Protocols.Kafka.Messages;

/// <summary>Asks for offsets by time. Versions 1 to 10.</summary>
/// <param name="ReplicaId">-1 for a consumer.</param>
/// <param name="IsolationLevel">0 counts everything below the high watermark, 1 only committed transactions.</param>
/// <param name="TimeoutMs">For offsets that lie in remote storage; 0 before version 10.</param>
public sealed record ListOffsetsRequest(
    int ReplicaId, sbyte IsolationLevel, IReadOnlyList<PerTopic<ListOffsetsPartition>> Topics, int TimeoutMs = 0)
    : IKafkaRequest<ListOffsetsRequest, ListOffsetsResponse>
{
    public static ApiKey ApiKey => ApiKey.ListOffsets;

    public static ListOffsetsRequest Read(ref KafkaReader reader, int version) => new(
        ReplicaId: reader.ReadInt32(),
        IsolationLevel: version >= 2 ? reader.ReadInt8() : (sbyte)0,
        Topics: reader.ReadArray<PerTopic<ListOffsetsPartition>>(version),
        TimeoutMs: version >= 10 ? reader.ReadInt32() : 0);

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteInt32(ReplicaId);
        if (version >= 2)
        {
            writer.WriteInt8(IsolationLevel);
        }

        writer.WriteArray(Topics, version);
        if (version >= 10)
        {
            writer.WriteInt32(TimeoutMs);
        }
    }
}

/// <summary>The time asked about in one partition.</summary>
/// <param name="Timestamp">Milliseconds since 1970, or one of the constants.</param>
public readonly record struct ListOffsetsPartition(int Index, int CurrentLeaderEpoch, long Timestamp)
    : IKafkaStruct<ListOffsetsPartition>
{
    /// <summary>The high watermark.</summary>
    public const long Latest = -1;

    /// <summary>The log start.</summary>
    public const long Earliest = -2;

    /// <summary>The record with the largest timestamp. From version 7 on.</summary>
    public const long MaxTimestamp = -3;

    /// <summary>The first offset that is not only in remote storage. From version 8 on.</summary>
    public const long EarliestLocal = -4;

    /// <summary>The last offset in remote storage. From version 9 on.</summary>
    public const long LatestTiered = -5;

    public static ListOffsetsPartition Read(ref KafkaReader reader, int version) => new(
        Index: reader.ReadInt32(),
        CurrentLeaderEpoch: version >= 4 ? reader.ReadInt32() : -1,
        Timestamp: reader.ReadInt64());

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteInt32(Index);
        if (version >= 4)
        {
            writer.WriteInt32(CurrentLeaderEpoch);
        }

        writer.WriteInt64(Timestamp);
    }
}

/// <summary>The offsets found.</summary>
public sealed record ListOffsetsResponse(IReadOnlyList<PerTopic<ListedOffset>> Topics, int ThrottleTimeMs = 0)
    : IKafkaStruct<ListOffsetsResponse>
{
    public static ListOffsetsResponse Read(ref KafkaReader reader, int version)
    {
        var throttleTimeMs = version >= 2 ? reader.ReadInt32() : 0;
        return new ListOffsetsResponse(reader.ReadArray<PerTopic<ListedOffset>>(version), throttleTimeMs);
    }

    public void Write(KafkaWriter writer, int version)
    {
        if (version >= 2)
        {
            writer.WriteInt32(ThrottleTimeMs);
        }

        writer.WriteArray(Topics, version);
    }
}

/// <summary>The offset found in one partition.</summary>
/// <param name="Timestamp">The record's, where the question was about a time; else -1.</param>
/// <param name="Offset">-1 when no record qualifies.</param>
public readonly record struct ListedOffset(
    int Index, ErrorCode Error, long Timestamp = -1, long Offset = -1, int LeaderEpoch = -1)
    : IKafkaStruct<ListedOffset>
{
    public static ListedOffset Read(ref KafkaReader reader, int version) => new(
        Index: reader.ReadInt32(),
        Error: reader.ReadErrorCode(),
        Timestamp: reader.ReadInt64(),
        Offset: reader.ReadInt64(),
        LeaderEpoch: version >= 4 ? reader.ReadInt32() : -1);

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteInt32(Index);
        writer.WriteErrorCode(Error);
        writer.WriteInt64(Timestamp);
        writer.WriteInt64(Offset);
        if (version >= 4)
        {
            writer.WriteInt32(LeaderEpoch);
        }
    }
}
