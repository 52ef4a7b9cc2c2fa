using System.Buffers;
using System.Buffers.Binary;
using OrleansStream.Protocols.Batches;

namespace OrleansStream.Engine.Storage.Local;

/// <summary>What the header of a table log says.</summary>
/// <param name="LastVersion">The highest version given out before the snapshot was taken.</param>
/// <param name="SnapshotEnd">The position after the snapshot's last block; what follows was appended later.</param>
internal readonly record struct TableLogHeader(long LastVersion, long SnapshotEnd);

/// <summary>The bytes of a table log: a header, the blocks of a snapshot, then a block per group of batches.</summary>
/// <remarks>
/// All numbers are little-endian; text is UTF-8 behind its length.
/// <code>
/// file header     0  8  "OSTABLE1"
///                 8  8  last version
///                16  8  position at which the snapshot ends
///                24  4  CRC-32C of bytes 0 to 23
/// block           0  8  number, from 1, without gaps
///                 8  4  payload length
///                12  4  CRC-32C of the payload
///                16  4  CRC-32C of bytes 0 to 15
///                20  .  payload: batches, one after the other
/// batch              2+ table
///                    2+ partition key
///                    4  how many changes
/// change             2+ row key
///                    1  0 = removed, then nothing follows; 1 = written
///                    8  version
///                    4+ value
/// </code>
/// The batches of a block are written and synced together, and none is answered before that. So a block is read whole
/// or not at all, and a broken one at the very end was never promised to anyone.
/// </remarks>
internal static class TableLogFormat
{
    public const int FileHeaderBytes = 28;
    public const int BlockHeaderBytes = 20;
    public const byte Removed = 0;
    public const byte Written = 1;

    private const int FileHeaderCrc = 24;
    private const int BlockHeaderCrc = 16;

    private static ReadOnlySpan<byte> Magic => "OSTABLE1"u8;

    public static void WriteFileHeader(Span<byte> bytes, TableLogHeader header)
    {
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[8..], header.LastVersion);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[16..], header.SnapshotEnd);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[FileHeaderCrc..], Crc32C.Compute(bytes[..FileHeaderCrc]));
    }

    /// <summary>False if the bytes are no header of this format.</summary>
    public static bool TryReadFileHeader(ReadOnlySpan<byte> bytes, out TableLogHeader header)
    {
        header = default;
        if (bytes.Length < FileHeaderBytes
            || !bytes.StartsWith(Magic)
            || !HasCrcAt(FileHeaderCrc, bytes))
        {
            return false;
        }

        header = new(
            BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]), BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]));
        return true;
    }

    /// <summary>Fills in the header in front of a payload that is already in place.</summary>
    public static void SealBlock(Span<byte> block, long number)
    {
        var payload = block[BlockHeaderBytes..];
        BinaryPrimitives.WriteInt64LittleEndian(block, number);
        BinaryPrimitives.WriteInt32LittleEndian(block[8..], payload.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(block[12..], Crc32C.Compute(payload));
        BinaryPrimitives.WriteUInt32LittleEndian(block[BlockHeaderCrc..], Crc32C.Compute(block[..BlockHeaderCrc]));
    }

    /// <summary>False if the bytes are no block header; the payload may be damaged all the same.</summary>
    public static bool TryReadBlockHeader(ReadOnlySpan<byte> bytes, out long number, out int payloadBytes)
    {
        number = 0;
        payloadBytes = 0;
        if (bytes.Length < BlockHeaderBytes || !HasCrcAt(BlockHeaderCrc, bytes))
        {
            return false;
        }

        number = BinaryPrimitives.ReadInt64LittleEndian(bytes);
        payloadBytes = BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]);
        return payloadBytes >= 0;
    }

    /// <summary>Whether the payload of a block, given from its header on, is what was written.</summary>
    public static bool IsIntact(ReadOnlySpan<byte> block, int payloadBytes)
        => block.Length - BlockHeaderBytes >= payloadBytes
            && BinaryPrimitives.ReadUInt32LittleEndian(block[12..])
                == Crc32C.Compute(block.Slice(BlockHeaderBytes, payloadBytes));

    public static void WriteBatch(IBufferWriter<byte> output, TableBatch batch)
    {
        WriteText(output, batch.Key.Table);
        WriteText(output, batch.Key.PartitionKey);
        WriteInt32(output, batch.Changes.Count);
        foreach (var (rowKey, row) in batch.Changes)
        {
            WriteText(output, rowKey);
            if (row is null)
            {
                output.Write([Removed]);
                continue;
            }

            output.Write([Written]);
            BinaryPrimitives.WriteInt64LittleEndian(output.GetSpan(8), TableState.ToVersion(row.ETag));
            output.Advance(8);
            WriteInt32(output, row.Value.Length);
            output.Write(row.Value.Span);
        }
    }

    private static bool HasCrcAt(int position, ReadOnlySpan<byte> bytes)
        => BinaryPrimitives.ReadUInt32LittleEndian(bytes[position..]) == Crc32C.Compute(bytes[..position]);

    private static void WriteText(IBufferWriter<byte> output, string text)
    {
        var length = TableRules.StrictUtf8.GetByteCount(text);
        var span = output.GetSpan(2 + length);
        BinaryPrimitives.WriteUInt16LittleEndian(span, (ushort)length);
        output.Advance(2 + TableRules.StrictUtf8.GetBytes(text, span[2..]));
    }

    private static void WriteInt32(IBufferWriter<byte> output, int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(output.GetSpan(4), value);
        output.Advance(4);
    }
}
