namespace OrleansStream.Protocols.Kafka.Messages;

/// <summary>Reads record batches from partitions. Versions 4 to 17.</summary>
/// <param name="ReplicaId">-1 for a consumer.</param>
/// <param name="MaxBytes">For the whole response; the first batch is sent whole even if it is larger.</param>
/// <param name="IsolationLevel">0 reads everything below the high watermark, 1 only committed transactions.</param>
/// <param name="SessionId">0 when no session exists.</param>
/// <param name="SessionEpoch">-1 wants no session, 0 a new one.</param>
public sealed record FetchRequest(
    int ReplicaId,
    int MaxWaitMs,
    int MinBytes,
    int MaxBytes,
    sbyte IsolationLevel,
    int SessionId,
    int SessionEpoch,
    IReadOnlyList<FetchTopic> Topics,
    IReadOnlyList<ForgottenTopic> ForgottenTopics,
    string RackId)
    : IKafkaRequest<FetchRequest, FetchResponse>
{
    public static ApiKey ApiKey => ApiKey.Fetch;

    public static FetchRequest Read(ref KafkaReader reader, int version) => new(
        // From version 15 on a replica names itself in a tagged field, and a consumer not at all.
        ReplicaId: version <= 14 ? reader.ReadInt32() : -1,
        MaxWaitMs: reader.ReadInt32(),
        MinBytes: reader.ReadInt32(),
        MaxBytes: reader.ReadInt32(),
        IsolationLevel: reader.ReadInt8(),
        SessionId: version >= 7 ? reader.ReadInt32() : 0,
        SessionEpoch: version >= 7 ? reader.ReadInt32() : -1,
        Topics: reader.ReadArray<FetchTopic>(version),
        ForgottenTopics: version >= 7 ? reader.ReadArray<ForgottenTopic>(version) : [],
        RackId: version >= 11 ? reader.ReadString() : "");

    public void Write(KafkaWriter writer, int version)
    {
        if (version <= 14)
        {
            writer.WriteInt32(ReplicaId);
        }

        writer.WriteInt32(MaxWaitMs);
        writer.WriteInt32(MinBytes);
        writer.WriteInt32(MaxBytes);
        writer.WriteInt8(IsolationLevel);
        if (version >= 7)
        {
            writer.WriteInt32(SessionId);
            writer.WriteInt32(SessionEpoch);
        }

        writer.WriteArray(Topics, version);
        if (version >= 7)
        {
            writer.WriteArray(ForgottenTopics, version);
        }

        if (version >= 11)
        {
            writer.WriteString(RackId);
        }
    }
}

/// <summary>The partitions of one topic that are read.</summary>
/// <param name="Name">Empty from version 13 on, where the id stands for it.</param>
/// <param name="Id">Empty before version 13.</param>
public readonly record struct FetchTopic(string Name, Guid Id, IReadOnlyList<FetchPartition> Partitions)
    : IKafkaStruct<FetchTopic>
{
    public static FetchTopic Read(ref KafkaReader reader, int version) => new(
        Name: version <= 12 ? reader.ReadString() : "",
        Id: version >= 13 ? reader.ReadUuid() : default,
        Partitions: reader.ReadArray<FetchPartition>(version));

    public void Write(KafkaWriter writer, int version)
    {
        if (version <= 12)
        {
            writer.WriteString(Name);
        }
        else
        {
            writer.WriteUuid(Id);
        }

        writer.WriteArray(Partitions, version);
    }
}

/// <summary>Where one partition is read from.</summary>
/// <param name="CurrentLeaderEpoch">The epoch the client believes to be current; -1 when it does not know.</param>
/// <param name="LastFetchedEpoch">-1 for a consumer, as is <paramref name="LogStartOffset"/>.</param>
public readonly record struct FetchPartition(
    int Index, int CurrentLeaderEpoch, long Offset, int LastFetchedEpoch, long LogStartOffset, int MaxBytes)
    : IKafkaStruct<FetchPartition>
{
    public static FetchPartition Read(ref KafkaReader reader, int version) => new(
        Index: reader.ReadInt32(),
        CurrentLeaderEpoch: version >= 9 ? reader.ReadInt32() : -1,
        Offset: reader.ReadInt64(),
        LastFetchedEpoch: version >= 12 ? reader.ReadInt32() : -1,
        LogStartOffset: version >= 5 ? reader.ReadInt64() : -1,
        MaxBytes: reader.ReadInt32());

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteInt32(Index);
        if (version >= 9)
        {
            writer.WriteInt32(CurrentLeaderEpoch);
        }

        writer.WriteInt64(Offset);
        if (version >= 12)
        {
            writer.WriteInt32(LastFetchedEpoch);
        }

        if (version >= 5)
        {
            writer.WriteInt64(LogStartOffset);
        }

        writer.WriteInt32(MaxBytes);
    }
}

/// <summary>Partitions to be left out of a fetch session from now on.</summary>
/// <param name="Name">Empty from version 13 on, where the id stands for it.</param>
/// <param name="Id">Empty before version 13.</param>
public readonly record struct ForgottenTopic(string Name, Guid Id, IReadOnlyList<int> Partitions)
    : IKafkaStruct<ForgottenTopic>
{
    public static ForgottenTopic Read(ref KafkaReader reader, int version) => new(
        Name: version <= 12 ? reader.ReadString() : "",
        Id: version >= 13 ? reader.ReadUuid() : default,
        Partitions: reader.ReadInt32Array());

    public void Write(KafkaWriter writer, int version)
    {
        if (version <= 12)
        {
            writer.WriteString(Name);
        }
        else
        {
            writer.WriteUuid(Id);
        }

        writer.WriteInt32Array(Partitions);
    }
}
