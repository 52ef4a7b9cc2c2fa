using System.Buffers.Binary;
using OrleansStream.Contracts;
using OrleansStream.Protocols.Batches;

namespace OrleansStream.Engine.Log;

/// <summary>One batch in a journal block.</summary>
/// <param name="Position">Where the batch begins in the journal file.</param>
public readonly record struct JournalIndexEntry(
    PartitionId Partition, int Epoch, long BaseOffset, int RecordCount, int LengthBytes, long Position);

/// <summary>The header of a journal block, checked.</summary>
/// <param name="HeaderBytes">The fixed part and the index.</param>
public readonly record struct JournalBlockHeader(
    Guid JournalId, long BlockNumber, int EntryCount, int PayloadBytes, uint PayloadCrc, int HeaderBytes)
{
    public long TotalBytes => (long)HeaderBytes + PayloadBytes;
}

/// <summary>What one journal write consists of: an index of batches and then the batches.</summary>
/// <remarks>
/// All numbers are big-endian.
/// <code>
///  0  magic (int32, "OSJB")      4  entry count (int32)     8  payload length (int32)   12  payload CRC-32C
/// 16  journal id (16 bytes)     32  block number (int64)   40  header CRC-32C: of bytes 0 to 39 and the index
/// 44  index, 40 bytes an entry: topic id (16) partition (int32) epoch (int32) base offset (int64)
///                               record count (int32) length (int32)
///     payload: the batches, one after another
/// </code>
/// The header has a checksum of its own so that a block whose batches are damaged still says whose they are.
/// </remarks>
public static class JournalBlock
{
    public const int FixedHeaderBytes = 44;
    public const int IndexEntryBytes = 40;

    /// <summary>The most entries a block may have: it bounds what a reader allocates for a header.</summary>
    public const int MaxEntries = 16_384;

    private const int Magic = 0x4F534A42;
    private const int HeaderCrcPosition = 40;

    /// <summary>How many bytes header and index of a block take.</summary>
    public static int HeaderBytes(int entryCount) => FixedHeaderBytes + (entryCount * IndexEntryBytes);

    /// <summary>Writes one entry of the index; the header comes last, when the payload is known.</summary>
    public static void WriteIndexEntry(Span<byte> block, int index, PartitionId partition, in BatchHeader batch)
    {
        var entry = block.Slice(HeaderBytes(index), IndexEntryBytes);
        partition.TopicId.TryWriteBytes(entry, bigEndian: true, out _);
        BinaryPrimitives.WriteInt32BigEndian(entry[16..], partition.Partition);
        BinaryPrimitives.WriteInt32BigEndian(entry[20..], batch.LeaderEpoch);
        BinaryPrimitives.WriteInt64BigEndian(entry[24..], batch.BaseOffset);
        BinaryPrimitives.WriteInt32BigEndian(entry[32..], batch.LastOffsetDelta + 1);
        BinaryPrimitives.WriteInt32BigEndian(entry[36..], batch.TotalBytes);
    }

    /// <summary>Writes the fixed part of a block whose index and payload are in place.</summary>
    public static void WriteHeader(Span<byte> block, Guid journalId, long blockNumber, int entryCount)
    {
        var headerBytes = HeaderBytes(entryCount);
        var payload = block[headerBytes..];
        BinaryPrimitives.WriteInt32BigEndian(block, Magic);
        BinaryPrimitives.WriteInt32BigEndian(block[4..], entryCount);
        BinaryPrimitives.WriteInt32BigEndian(block[8..], payload.Length);
        BinaryPrimitives.WriteUInt32BigEndian(block[12..], Crc32C.Compute(payload));
        journalId.TryWriteBytes(block[16..], bigEndian: true, out _);
        BinaryPrimitives.WriteInt64BigEndian(block[32..], blockNumber);
        BinaryPrimitives.WriteUInt32BigEndian(block[HeaderCrcPosition..], HeaderCrc(block[..headerBytes]));
    }

    /// <summary>How long the header that begins here says it is; false when no header begins here.</summary>
    public static bool TryReadHeaderLength(ReadOnlySpan<byte> bytes, out int headerBytes)
    {
        headerBytes = 0;
        if (bytes.Length < FixedHeaderBytes || BinaryPrimitives.ReadInt32BigEndian(bytes) != Magic)
        {
            return false;
        }

        var entryCount = BinaryPrimitives.ReadInt32BigEndian(bytes[4..]);
        headerBytes = HeaderBytes(entryCount);
        return entryCount is > 0 and <= MaxEntries;
    }

    /// <summary>
    /// Reads a header whose bytes are all there; false when its checksum is wrong or it contradicts itself.
    /// </summary>
    public static bool TryReadHeader(ReadOnlySpan<byte> headerAndIndex, out JournalBlockHeader header)
    {
        header = default;
        if (!TryReadHeaderLength(headerAndIndex, out var headerBytes)
            || headerAndIndex.Length < headerBytes
            || BinaryPrimitives.ReadUInt32BigEndian(headerAndIndex[HeaderCrcPosition..])
                != HeaderCrc(headerAndIndex[..headerBytes]))
        {
            return false;
        }

        header = new JournalBlockHeader(
            new Guid(headerAndIndex.Slice(16, 16), bigEndian: true),
            BinaryPrimitives.ReadInt64BigEndian(headerAndIndex[32..]),
            BinaryPrimitives.ReadInt32BigEndian(headerAndIndex[4..]),
            BinaryPrimitives.ReadInt32BigEndian(headerAndIndex[8..]),
            BinaryPrimitives.ReadUInt32BigEndian(headerAndIndex[12..]),
            headerBytes);
        return header.PayloadBytes >= 0;
    }

    /// <summary>Reads the index of a block that begins at a position of its file.</summary>
    public static JournalIndexEntry[] ReadIndex(ReadOnlySpan<byte> headerAndIndex, long blockPosition)
    {
        var count = BinaryPrimitives.ReadInt32BigEndian(headerAndIndex[4..]);
        var entries = new JournalIndexEntry[count];
        var position = blockPosition + HeaderBytes(count);
        for (var i = 0; i < count; i++)
        {
            var entry = headerAndIndex.Slice(HeaderBytes(i), IndexEntryBytes);
            entries[i] = new JournalIndexEntry(
                new PartitionId(
                    new Guid(entry[..16], bigEndian: true), BinaryPrimitives.ReadInt32BigEndian(entry[16..])),
                BinaryPrimitives.ReadInt32BigEndian(entry[20..]),
                BinaryPrimitives.ReadInt64BigEndian(entry[24..]),
                BinaryPrimitives.ReadInt32BigEndian(entry[32..]),
                BinaryPrimitives.ReadInt32BigEndian(entry[36..]),
                position);
            position += entries[i].LengthBytes;
        }

        return entries;
    }

    private static uint HeaderCrc(ReadOnlySpan<byte> headerAndIndex)
        => Crc32C.Append(
            Crc32C.Compute(headerAndIndex[..HeaderCrcPosition]), headerAndIndex[FixedHeaderBytes..]);
}
