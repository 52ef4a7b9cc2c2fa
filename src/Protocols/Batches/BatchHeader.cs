using System.Buffers.Binary;

namespace OrleansStream.Protocols.Batches;

/// <summary>The fields in front of a record batch's records, as they stand there.</summary>
/// <remarks>
/// All numbers are big-endian. The batch length counts what follows it; the CRC covers what follows it, to the end of
/// the batch, so base offset and leader epoch can be set without touching it.
/// <code>
/// position  bytes  field
///        0      8  base offset
///        8      4  batch length
///       12      4  leader epoch
///       16      1  magic, 2
///       17      4  CRC-32C
///       21      2  attributes: bits 0-2 codec, 3 log append time, 4 transactional, 5 control, 6 delete horizon
///       23      4  last offset delta
///       27      8  base timestamp, milliseconds since 1970, -1 for none; or the delete horizon
///       35      8  max timestamp
///       43      8  producer id, -1 for none
///       51      2  producer epoch
///       53      4  base sequence
///       57      4  record count
///       61         the records, compressed as one piece
/// </code>
/// https://kafka.apache.org/documentation/#recordbatch
/// </remarks>
public readonly record struct BatchHeader
{
    public const int SizeBytes = 61;

    /// <summary>Base offset and batch length: what must be read to know how long the batch is.</summary>
    public const int LengthPrefixBytes = 12;

    /// <summary>The only format there is today.</summary>
    public const sbyte CurrentMagic = 2;

    internal const int LeaderEpochPosition = 12;
    internal const int MagicPosition = 16;
    internal const int CrcPosition = 17;
    internal const int AttributesPosition = 21;
    internal const int MaxTimestampPosition = 35;

    internal const short CodecMask = 0x07;
    internal const short LogAppendTimeFlag = 0x08;
    internal const short TransactionalFlag = 0x10;
    internal const short ControlFlag = 0x20;
    internal const short HorizonFlag = 0x40;

    public long BaseOffset { get; init; }

    public int BatchLength { get; init; }

    public int LeaderEpoch { get; init; }

    public sbyte Magic { get; init; }

    public uint Crc { get; init; }

    public short Attributes { get; init; }

    public int LastOffsetDelta { get; init; }

    public long BaseTimestamp { get; init; }

    public long MaxTimestamp { get; init; }

    public long ProducerId { get; init; }

    public short ProducerEpoch { get; init; }

    public int BaseSequence { get; init; }

    public int RecordCount { get; init; }

    /// <summary>The whole batch, header included. Meaningless, even negative, where the length is unchecked.</summary>
    public int TotalBytes => unchecked(LengthPrefixBytes + BatchLength);

    public long LastOffset => BaseOffset + LastOffsetDelta;

    /// <summary>The offset of the record after this batch.</summary>
    public long NextOffset => LastOffset + 1;

    public CompressionCodec Codec => (CompressionCodec)(Attributes & CodecMask);

    public bool IsTransactional => (Attributes & TransactionalFlag) != 0;

    public bool IsControl => (Attributes & ControlFlag) != 0;

    public bool HasLogAppendTime => (Attributes & LogAppendTimeFlag) != 0;

    /// <summary>Whether the base timestamp also is when the batch's tombstones may go.</summary>
    public bool HasDeleteHorizon => (Attributes & HorizonFlag) != 0;

    /// <summary>Whether an idempotent producer wrote it.</summary>
    public bool HasProducer => ProducerId >= 0;

    /// <summary>Decodes without judging; false when there are fewer bytes than a header has.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out BatchHeader header)
    {
        if (bytes.Length < SizeBytes)
        {
            header = default;
            return false;
        }

        header = new BatchHeader
        {
            BaseOffset = BinaryPrimitives.ReadInt64BigEndian(bytes),
            BatchLength = BinaryPrimitives.ReadInt32BigEndian(bytes[8..]),
            LeaderEpoch = BinaryPrimitives.ReadInt32BigEndian(bytes[LeaderEpochPosition..]),
            Magic = (sbyte)bytes[MagicPosition],
            Crc = BinaryPrimitives.ReadUInt32BigEndian(bytes[CrcPosition..]),
            Attributes = BinaryPrimitives.ReadInt16BigEndian(bytes[AttributesPosition..]),
            LastOffsetDelta = BinaryPrimitives.ReadInt32BigEndian(bytes[23..]),
            BaseTimestamp = BinaryPrimitives.ReadInt64BigEndian(bytes[27..]),
            MaxTimestamp = BinaryPrimitives.ReadInt64BigEndian(bytes[MaxTimestampPosition..]),
            ProducerId = BinaryPrimitives.ReadInt64BigEndian(bytes[43..]),
            ProducerEpoch = BinaryPrimitives.ReadInt16BigEndian(bytes[51..]),
            BaseSequence = BinaryPrimitives.ReadInt32BigEndian(bytes[53..]),
            RecordCount = BinaryPrimitives.ReadInt32BigEndian(bytes[57..]),
        };
        return true;
    }

    /// <summary>The opposite of <see cref="TryRead"/>.</summary>
    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteInt32BigEndian(bytes[57..], RecordCount);
        BinaryPrimitives.WriteInt32BigEndian(bytes[53..], BaseSequence);
        BinaryPrimitives.WriteInt16BigEndian(bytes[51..], ProducerEpoch);
        BinaryPrimitives.WriteInt64BigEndian(bytes[43..], ProducerId);
        BinaryPrimitives.WriteInt64BigEndian(bytes[MaxTimestampPosition..], MaxTimestamp);
        BinaryPrimitives.WriteInt64BigEndian(bytes[27..], BaseTimestamp);
        BinaryPrimitives.WriteInt32BigEndian(bytes[23..], LastOffsetDelta);
        BinaryPrimitives.WriteInt16BigEndian(bytes[AttributesPosition..], Attributes);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[CrcPosition..], Crc);
        bytes[MagicPosition] = (byte)Magic;
        BinaryPrimitives.WriteInt32BigEndian(bytes[LeaderEpochPosition..], LeaderEpoch);
        BinaryPrimitives.WriteInt32BigEndian(bytes[8..], BatchLength);
        BinaryPrimitives.WriteInt64BigEndian(bytes, BaseOffset);
    }
}
