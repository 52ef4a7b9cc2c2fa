using System.Buffers;
using System.Runtime.InteropServices;

namespace OrleansStream.Protocols.Batches;

/// <summary>What is left of a batch: which of its records, and what its header says of them.</summary>
/// <param name="Runs">Stretches of whole records, in order, as <see cref="RecordKey"/> counts them.</param>
/// <param name="MaxTimestamp">The latest timestamp of these records.</param>
/// <param name="DeleteHorizon">
/// When its tombstones may go, in milliseconds since 1970, where the batch is to say so from now on; else null.
/// </param>
public readonly record struct RetainedRecords(
    IReadOnlyList<(int Start, int End)> Runs, int RecordCount, long MaxTimestamp, long? DeleteHorizon);

/// <summary>Writes batches anew with fewer records, as they would have been written without the others.</summary>
/// <remarks>
/// First and last offset, producer, sequence, epoch and codec stay, so records keep their offsets with gaps between
/// them, and a batch may end up without any. Where there is a delete horizon it takes the place of the base timestamp,
/// and all timestamps are written relative to it. https://kafka.apache.org/documentation/#recordbatch
///
/// Not thread-safe; keeps its memory from batch to batch.
/// </remarks>
public sealed class BatchRewriter
{
    private readonly ArrayBufferWriter<byte> _plain = new();
    private readonly ArrayBufferWriter<byte> _compressed = new();

    /// <summary>Writes what is left of a batch.</summary>
    /// <param name="header">That of the batch.</param>
    /// <param name="records">All its records, uncompressed.</param>
    /// <exception cref="NotSupportedException">The codec is <see cref="CompressionCodec.Zstd"/>.</exception>
    public void Write(
        in BatchHeader header, ReadOnlySpan<byte> records, in RetainedRecords retained, IBufferWriter<byte> output)
    {
        // Without records there is nothing to compress; no bytes at all are not what a codec makes of nothing.
        var codec = retained.RecordCount == 0 ? CompressionCodec.None : header.Codec;
        Begin(_plain);
        WriteRecords(header, records, retained);
        var written = _plain;
        if (codec != CompressionCodec.None)
        {
            Begin(_compressed);
            BatchCompression.Compress(codec, _plain.WrittenSpan[BatchHeader.SizeBytes..], _compressed);
            written = _compressed;
        }

        var batch = MemoryMarshal.AsMemory(written.WrittenMemory).Span;
        ChangeHeader(header, codec, batch.Length, retained).Write(batch);
        BatchStamp.SetCrc(batch);
        output.Write(batch);
    }

    private static void Begin(ArrayBufferWriter<byte> batch)
    {
        batch.ResetWrittenCount();
        batch.GetSpan(BatchHeader.SizeBytes);
        batch.Advance(BatchHeader.SizeBytes);
    }

    private static BatchHeader ChangeHeader(
        in BatchHeader header, CompressionCodec codec, int totalBytes, in RetainedRecords retained)
    {
        var attributes = (header.Attributes & ~BatchHeader.CodecMask) | (int)codec;
        return header with
        {
            BatchLength = totalBytes - BatchHeader.LengthPrefixBytes,
            Attributes = (short)(retained.DeleteHorizon is null ? attributes : attributes | BatchHeader.HorizonFlag),
            BaseTimestamp = retained.DeleteHorizon ?? header.BaseTimestamp,
            MaxTimestamp = retained.MaxTimestamp,
            RecordCount = retained.RecordCount,
        };
    }

    private void WriteRecords(in BatchHeader header, ReadOnlySpan<byte> records, in RetainedRecords retained)
    {
        if (retained.DeleteHorizon is { } horizon)
        {
            MoveTimestamps(header, records, retained.Runs, unchecked(header.BaseTimestamp - horizon));
            return;
        }

        foreach (var (start, end) in retained.Runs)
        {
            _plain.Write(records[start..end]);
        }
    }

    private void MoveTimestamps(
        in BatchHeader header, ReadOnlySpan<byte> records, IReadOnlyList<(int Start, int End)> runs, long difference)
    {
        var run = 0;
        foreach (var record in new RecordKeyReader(records, header.RecordCount))
        {
            if (run < runs.Count && record.Start >= runs[run].End)
            {
                run++;
            }

            if (run < runs.Count && record.Start >= runs[run].Start)
            {
                WriteRecord(record, unchecked(record.TimestampDelta + difference), records);
            }
        }
    }

    // The length of the timestamp may be another than before, and so that of the record.
    private void WriteRecord(in RecordKey record, long timestampDelta, ReadOnlySpan<byte> records)
    {
        var rest = records[record.KeyPosition..record.End];
        var length = sizeof(byte) + VarInt.SizeBytes(timestampDelta) + VarInt.SizeBytes(record.OffsetDelta)
            + rest.Length;
        var bytes = _plain.GetSpan(VarInt.MaxBytes + length);
        var position = VarInt.Write(bytes, length);
        bytes[position++] = record.Attributes;
        position += VarInt.Write(bytes[position..], timestampDelta);
        position += VarInt.Write(bytes[position..], record.OffsetDelta);
        rest.CopyTo(bytes[position..]);
        _plain.Advance(position + rest.Length);
    }
}
