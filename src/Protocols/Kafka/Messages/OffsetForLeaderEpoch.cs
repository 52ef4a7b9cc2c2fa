namespace OrleansStream.Protocols.Kafka.Messages;

/// <summary>Asks where epochs ended, which shows whether records once read were lost. Versions 2 to 4.</summary>
/// <param name="ReplicaId">-1 for a consumer.</param>
public sealed record OffsetForLeaderEpochRequest(int ReplicaId, IReadOnlyList<PerTopic<EpochQuestion>> Topics)
    : IKafkaRequest<OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse>
{
    /// <summary>What versions without the field mean: whoever asks, it is not checked.</summary>
    private const int AnyReplica = -2;

    public static ApiKey ApiKey => ApiKey.OffsetForLeaderEpoch;

    public static OffsetForLeaderEpochRequest Read(ref KafkaReader reader, int version) => new(
        ReplicaId: version >= 3 ? reader.ReadInt32() : AnyReplica,
        Topics: reader.ReadArray<PerTopic<EpochQuestion>>(version));

    public void Write(KafkaWriter writer, int version)
    {
        if (version >= 3)
        {
            writer.WriteInt32(ReplicaId);
        }

        writer.WriteArray(Topics, version);
    }
}

/// <summary>The epoch asked about in one partition.</summary>
/// <param name="CurrentLeaderEpoch">The epoch the client believes to be current; -1 when it does not know.</param>
public readonly record struct EpochQuestion(int Index, int CurrentLeaderEpoch, int Epoch) : IKafkaStruct<EpochQuestion>
{
    public static EpochQuestion Read(ref KafkaReader reader, int version)
        => new(reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32());

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteInt32(Index);
        writer.WriteInt32(CurrentLeaderEpoch);
        writer.WriteInt32(Epoch);
    }
}

/// <summary>Where the epochs ended.</summary>
public sealed record OffsetForLeaderEpochResponse(IReadOnlyList<PerTopic<EpochEnd>> Topics, int ThrottleTimeMs = 0)
    : IKafkaStruct<OffsetForLeaderEpochResponse>
{
    public static OffsetForLeaderEpochResponse Read(ref KafkaReader reader, int version)
    {
        var throttleTimeMs = reader.ReadInt32();
        return new OffsetForLeaderEpochResponse(reader.ReadArray<PerTopic<EpochEnd>>(version), throttleTimeMs);
    }

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteInt32(ThrottleTimeMs);
        writer.WriteArray(Topics, version);
    }
}

/// <summary>The largest epoch not above the one asked about, and where it ended; -1 and -1 if none.</summary>
public readonly record struct EpochEnd(int Index, ErrorCode Error, int Epoch = -1, long EndOffset = -1)
    : IKafkaStruct<EpochEnd>
{
    // The error precedes the index here, unlike everywhere else.
    public static EpochEnd Read(ref KafkaReader reader, int version)
    {
        var error = reader.ReadErrorCode();
        return new EpochEnd(reader.ReadInt32(), error, reader.ReadInt32(), reader.ReadInt64());
    }

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteErrorCode(Error);
        writer.WriteInt32(Index);
        writer.WriteInt32(Epoch);
        writer.WriteInt64(EndOffset);
    }
}
