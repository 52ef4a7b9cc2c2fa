using System.Buffers.Binary;

namespace OrleansStream.Protocols.Batches;

/// <summary>The few fields of a stored batch that the log itself sets, in place, and the checksum over them.</summary>
public static class BatchStamp
{
    public static void SetBaseOffset(Span<byte> batch, long baseOffset)
        => BinaryPrimitives.WriteInt64BigEndian(batch, baseOffset);

    public static void SetLeaderEpoch(Span<byte> batch, int leaderEpoch)
        => BinaryPrimitives.WriteInt32BigEndian(batch[BatchHeader.LeaderEpochPosition..], leaderEpoch);

    /// <summary>Gives every record the log's time. The checksum is computed anew.</summary>
    /// <param name="batch">Exactly one batch.</param>
    /// <param name="timestampMs">Milliseconds since 1970.</param>
    public static void SetLogAppendTime(Span<byte> batch, long timestampMs)
    {
        var attributes = BinaryPrimitives.ReadInt16BigEndian(batch[BatchHeader.AttributesPosition..]);
        BinaryPrimitives.WriteInt16BigEndian(
            batch[BatchHeader.AttributesPosition..], (short)(attributes | BatchHeader.LogAppendTimeFlag));
        SetMaxTimestamp(batch, timestampMs);
    }

    /// <summary>Corrects a max timestamp that is not that of the records. The checksum is computed anew.</summary>
    /// <param name="batch">Exactly one batch.</param>
    /// <param name="timestampMs">Milliseconds since 1970.</param>
    public static void SetMaxTimestamp(Span<byte> batch, long timestampMs)
    {
        BinaryPrimitives.WriteInt64BigEndian(batch[BatchHeader.MaxTimestampPosition..], timestampMs);
        SetCrc(batch);
    }

    /// <summary>Whether the checksum is that of the bytes.</summary>
    /// <param name="batch">Exactly one batch.</param>
    public static bool HasRightCrc(ReadOnlySpan<byte> batch, in BatchHeader header)
        => header.Crc == Crc32C.Compute(batch[BatchHeader.AttributesPosition..]);

    /// <summary>Computes the checksum of exactly one batch, whose other fields are final.</summary>
    internal static void SetCrc(Span<byte> batch)
        => BinaryPrimitives.WriteUInt32BigEndian(
            batch[BatchHeader.CrcPosition..], Crc32C.Compute(batch[BatchHeader.AttributesPosition..]));
}
