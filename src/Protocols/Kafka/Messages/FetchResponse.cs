using OrleansStream.Contracts;

namespace OrleansStream.Protocols.Kafka.Messages;

/// <summary>The record batches read. Whoever holds it disposes the records of its partitions.</summary>
/// <param name="Error">What was wrong with the request as a whole.</param>
/// <param name="SessionId">0 when there is no session.</param>
public sealed record FetchResponse(
    ErrorCode Error, int SessionId, IReadOnlyList<FetchedTopic> Topics, int ThrottleTimeMs = 0)
    : IKafkaStruct<FetchResponse>
{
    public static FetchResponse Read(ref KafkaReader reader, int version)
    {
        var throttleTimeMs = reader.ReadInt32();
        return new FetchResponse(
            Error: version >= 7 ? reader.ReadErrorCode() : ErrorCode.None,
            SessionId: version >= 7 ? reader.ReadInt32() : 0,
            Topics: reader.ReadArray<FetchedTopic>(version),
            ThrottleTimeMs: throttleTimeMs);
    }

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteInt32(ThrottleTimeMs);
        if (version >= 7)
        {
            writer.WriteErrorCode(Error);
            writer.WriteInt32(SessionId);
        }

        writer.WriteArray(Topics, version);
    }
}

/// <summary>What was read from one topic.</summary>
/// <param name="Name">Empty from version 13 on, where the id stands for it.</param>
/// <param name="Id">Empty before version 13.</param>
public readonly record struct FetchedTopic(string Name, Guid Id, IReadOnlyList<FetchedPartition> Partitions)
    : IKafkaStruct<FetchedTopic>
{
    public static FetchedTopic Read(ref KafkaReader reader, int version) => new(
        Name: version <= 12 ? reader.ReadString() : "",
        Id: version >= 13 ? reader.ReadUuid() : default,
        Partitions: reader.ReadArray<FetchedPartition>(version));

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

/// <summary>What was read from one partition.</summary>
/// <param name="Records">Written from where it lies; when read, a slice of the frame.</param>
/// <param name="AbortedTransactions">Null when the reader did not ask for committed records only.</param>
public readonly record struct FetchedPartition(
    int Index,
    ErrorCode Error,
    long HighWatermark,
    long LastStableOffset,
    long LogStartOffset,
    FetchedRecords Records,
    IReadOnlyList<AbortedTransaction>? AbortedTransactions = null,
    int PreferredReadReplica = -1)
    : IKafkaStruct<FetchedPartition>
{
    public static FetchedPartition Read(ref KafkaReader reader, int version)
    {
        var index = reader.ReadInt32();
        var error = reader.ReadErrorCode();
        var highWatermark = reader.ReadInt64();
        var lastStableOffset = reader.ReadInt64();
        var logStartOffset = version >= 5 ? reader.ReadInt64() : -1;
        var abortedTransactions = reader.ReadNullableArray<AbortedTransaction>(version);
        var preferredReadReplica = version >= 11 ? reader.ReadInt32() : -1;
        var records = reader.ReadBytes();
        return new FetchedPartition(
            index,
            error,
            highWatermark,
            lastStableOffset,
            logStartOffset,
            records.IsEmpty ? FetchedRecords.Empty : new FetchedRecords([records], lease: null),
            abortedTransactions,
            preferredReadReplica);
    }

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteInt32(Index);
        writer.WriteErrorCode(Error);
        writer.WriteInt64(HighWatermark);
        writer.WriteInt64(LastStableOffset);
        if (version >= 5)
        {
            writer.WriteInt64(LogStartOffset);
        }

        writer.WriteArray(AbortedTransactions, version);
        if (version >= 11)
        {
            writer.WriteInt32(PreferredReadReplica);
        }

        writer.WriteRecords(Records.Pieces, Records.LengthBytes);
    }
}

/// <summary>A transaction whose records a reader of committed records has to skip.</summary>
public readonly record struct AbortedTransaction(long ProducerId, long FirstOffset) : IKafkaStruct<AbortedTransaction>
{
    public static AbortedTransaction Read(ref KafkaReader reader, int version)
        => new(reader.ReadInt64(), reader.ReadInt64());

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteInt64(ProducerId);
        writer.WriteInt64(FirstOffset);
    }
}
