using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using OrleansStream.Engine.Producers;
using OrleansStream.Protocols.Batches;

namespace OrleansStream.Engine.Log;

/// <summary>A batch in a segment: where it begins.</summary>
/// <param name="MaxTimestamp">
/// The latest timestamp of all batches before the next one indexed; -1 when none has one.
/// </param>
public readonly record struct SegmentIndexEntry(long BaseOffset, int Position, long MaxTimestamp);

/// <summary>What a segment says about its batches, at its end.</summary>
/// <remarks>
/// A segment is its batches, then sections, then a trailer of 32 bytes. All numbers are big-endian. The checksum covers
/// the sections and the rest of the trailer.
/// <code>
/// section: type (int32) length (int32) content
///   1 index      per entry: base offset (int64) position (int32) largest timestamp so far (int64)
///   2 epochs     per entry: epoch (int32) start offset (int64)
///   3 producers  as ProducerSequences writes them, as of the segment's end
/// trailer: bytes of batches (int64) | bytes of sections (int32) | CRC-32C (uint32) |
///          next offset (int64) | version (int32, 1) | magic (int32, "OSSG")
/// </code>
/// A section of an unknown type is skipped, so that later versions can add some.
/// </remarks>
public sealed record SegmentFooter(
    long BatchBytes,
    long NextOffset,
    IReadOnlyList<SegmentIndexEntry> Index,
    IReadOnlyList<EpochStart> Epochs,
    ReadOnlyMemory<byte> Producers)
{
    public const int TrailerBytes = 32;

    private const int Magic = 0x4F535347;
    private const int Version = 1;
    private const int CrcPosition = 12;
    private const int SectionHeaderBytes = 8;
    private const int IndexEntryBytes = 20;
    private const int EpochEntryBytes = 12;

    private enum Section
    {
        Index = 1,
        Epochs = 2,
        Producers = 3,
    }

    /// <summary>The largest timestamp in the segment; -1 when it has none.</summary>
    public long MaxTimestamp => Index.Count == 0 ? -1 : Index[^1].MaxTimestamp;

    /// <summary>What the index takes of memory.</summary>
    public long IndexBytes => (long)Index.Count * Unsafe.SizeOf<SegmentIndexEntry>();

    /// <summary>How many bytes the sections before a trailer take.</summary>
    /// <exception cref="InvalidDataException">
    /// The trailer is not one, or contradicts the length of the file.
    /// </exception>
    public static int SectionBytes(ReadOnlySpan<byte> trailer, long fileBytes)
    {
        var magic = BinaryPrimitives.ReadInt32BigEndian(trailer[28..]);
        var version = BinaryPrimitives.ReadInt32BigEndian(trailer[24..]);
        var batchBytes = BinaryPrimitives.ReadInt64BigEndian(trailer);
        var sectionBytes = BinaryPrimitives.ReadInt32BigEndian(trailer[8..]);
        if (magic != Magic || version != Version)
        {
            throw new InvalidDataException($"The trailer has magic {magic:X8} and version {version}.");
        }

        if (sectionBytes < 0 || batchBytes < 0 || batchBytes + sectionBytes + TrailerBytes != fileBytes)
        {
            throw new InvalidDataException(
                $"The trailer tells of {batchBytes} + {sectionBytes} bytes, but the file has {fileBytes}.");
        }

        return sectionBytes;
    }

    /// <summary>Reads the sections and the trailer behind them.</summary>
    /// <exception cref="InvalidDataException">The checksum is wrong or a section contradicts its length.</exception>
    public static SegmentFooter Read(ReadOnlySpan<byte> sectionsAndTrailer)
    {
        var sections = sectionsAndTrailer[..^TrailerBytes];
        var trailer = sectionsAndTrailer[^TrailerBytes..];
        if (Crc(sectionsAndTrailer) != BinaryPrimitives.ReadUInt32BigEndian(trailer[CrcPosition..]))
        {
            throw new InvalidDataException("The checksum of the footer does not match its bytes.");
        }

        SegmentIndexEntry[] index = [];
        EpochStart[] epochs = [];
        byte[] producers = [];
        while (sections.Length >= SectionHeaderBytes)
        {
            var type = (Section)BinaryPrimitives.ReadInt32BigEndian(sections);
            var length = BinaryPrimitives.ReadInt32BigEndian(sections[4..]);
            if (length < 0 || length > sections.Length - SectionHeaderBytes)
            {
                throw new InvalidDataException($"Section {type} has {length} bytes, more than the footer.");
            }

            var content = sections.Slice(SectionHeaderBytes, length);
            sections = sections[(SectionHeaderBytes + length)..];
            switch (type)
            {
                case Section.Index:
                    index = ReadIndex(content);
                    break;
                case Section.Epochs:
                    epochs = ReadEpochs(content);
                    break;
                case Section.Producers:
                    producers = content.ToArray();
                    break;
            }
        }

        return new SegmentFooter(
            BinaryPrimitives.ReadInt64BigEndian(trailer),
            BinaryPrimitives.ReadInt64BigEndian(trailer[16..]),
            index,
            epochs,
            producers);
    }

    /// <summary>The bytes of the sections and the trailer.</summary>
    public ReadOnlyMemory<byte> ToBytes()
    {
        var output = new ArrayBufferWriter<byte>();
        WriteIndex(output);
        WriteEpochs(output);
        WriteSection(output, Section.Producers, Producers.Length);
        output.Write(Producers.Span);

        WriteTrailer(output);
        return output.WrittenMemory;
    }

    /// <summary>The producers as of the segment's end.</summary>
    public ProducerSequences ReadProducers()
        => Producers.IsEmpty ? new ProducerSequences() : ProducerSequences.Read(Producers.Span);

    /// <summary>The last indexed batch that begins at or before an offset: where to scan from.</summary>
    public int FloorByOffset(long offset)
    {
        var (low, high) = (0, Index.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = Index[middle].BaseOffset <= offset ? (middle + 1, high) : (low, middle);
        }

        return low == 0 ? 0 : Index[low - 1].Position;
    }

    /// <summary>
    /// The offset to scan from for the first batch with a record at or after a timestamp, which there must be.
    /// </summary>
    public long FloorByTimestamp(long timestamp)
    {
        var (low, high) = (0, Index.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = Index[middle].MaxTimestamp < timestamp ? (middle + 1, high) : (low, middle);
        }

        return Index[Math.Min(low, Index.Count - 1)].BaseOffset;
    }

    private static SegmentIndexEntry[] ReadIndex(ReadOnlySpan<byte> content)
    {
        var entries = new SegmentIndexEntry[content.Length / IndexEntryBytes];
        for (var i = 0; i < entries.Length; i++)
        {
            var entry = content.Slice(i * IndexEntryBytes, IndexEntryBytes);
            entries[i] = new SegmentIndexEntry(
                BinaryPrimitives.ReadInt64BigEndian(entry),
                BinaryPrimitives.ReadInt32BigEndian(entry[8..]),
                BinaryPrimitives.ReadInt64BigEndian(entry[12..]));
        }

        return entries;
    }

    private static EpochStart[] ReadEpochs(ReadOnlySpan<byte> content)
    {
        var entries = new EpochStart[content.Length / EpochEntryBytes];
        for (var i = 0; i < entries.Length; i++)
        {
            var entry = content.Slice(i * EpochEntryBytes, EpochEntryBytes);
            entries[i] = new EpochStart(
                BinaryPrimitives.ReadInt32BigEndian(entry),
                BinaryPrimitives.ReadInt64BigEndian(entry[4..]));
        }

        return entries;
    }

    private static uint Crc(ReadOnlySpan<byte> sectionsAndTrailer)
        => Crc32C.Append(
            Crc32C.Compute(sectionsAndTrailer[..^(TrailerBytes - CrcPosition)]),
            sectionsAndTrailer[^(TrailerBytes - CrcPosition - sizeof(uint))..]);

    private static void WriteSection(ArrayBufferWriter<byte> output, Section type, int length)
    {
        var header = output.GetSpan(SectionHeaderBytes);
        BinaryPrimitives.WriteInt32BigEndian(header, (int)type);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], length);
        output.Advance(SectionHeaderBytes);
    }

    private void WriteTrailer(ArrayBufferWriter<byte> output)
    {
        Span<byte> trailer = stackalloc byte[TrailerBytes];
        BinaryPrimitives.WriteInt64BigEndian(trailer, BatchBytes);
        BinaryPrimitives.WriteInt32BigEndian(trailer[8..], output.WrittenCount);
        BinaryPrimitives.WriteInt64BigEndian(trailer[16..], NextOffset);
        BinaryPrimitives.WriteInt32BigEndian(trailer[24..], Version);
        BinaryPrimitives.WriteInt32BigEndian(trailer[28..], Magic);
        var crc = Crc32C.Append(
            Crc32C.Append(Crc32C.Compute(output.WrittenSpan), trailer[..CrcPosition]), trailer[16..]);
        BinaryPrimitives.WriteUInt32BigEndian(trailer[CrcPosition..], crc);
        output.Write(trailer);
    }

    private void WriteIndex(ArrayBufferWriter<byte> output)
    {
        WriteSection(output, Section.Index, Index.Count * IndexEntryBytes);
        foreach (var entry in Index)
        {
            var bytes = output.GetSpan(IndexEntryBytes);
            BinaryPrimitives.WriteInt64BigEndian(bytes, entry.BaseOffset);
            BinaryPrimitives.WriteInt32BigEndian(bytes[8..], entry.Position);
            BinaryPrimitives.WriteInt64BigEndian(bytes[12..], entry.MaxTimestamp);
            output.Advance(IndexEntryBytes);
        }
    }

    private void WriteEpochs(ArrayBufferWriter<byte> output)
    {
        WriteSection(output, Section.Epochs, Epochs.Count * EpochEntryBytes);
        foreach (var entry in Epochs)
        {
            var bytes = output.GetSpan(EpochEntryBytes);
            BinaryPrimitives.WriteInt32BigEndian(bytes, entry.Epoch);
            BinaryPrimitives.WriteInt64BigEndian(bytes[4..], entry.StartOffset);
            output.Advance(EpochEntryBytes);
        }
    }
}
