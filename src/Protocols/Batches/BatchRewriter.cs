using System.Buffers;
using System.Runtime.InteropServices;

namespace OrleansStream.Protocols.Batches;

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

    /// <summary>Writes what is left of a batch.</summary>
    /// <param name="header">That of the batch.</param>
    /// <param name="records">All its records, uncompressed.</param>
    /// <exception cref="NotSupportedException">The codec is <see cref="CompressionCodec.Zstd"/>.</exception>
    public void Write(
        in BatchHeader header,
        ReadOnlySpan<byte> records,
        in RetainedRecords retained,
        ArrayBufferWriter<byte> output)
    {
        // Without records there is nothing to compress; no bytes at all are not what a codec makes of nothing.
        var codec = retained.RecordCount == 0 ? CompressionCodec.None : header.Codec;
        var start = output.WrittenCount;
        output.GetSpan(BatchHeader.SizeBytes);
        output.Advance(BatchHeader.SizeBytes);
        if (codec == CompressionCodec.None)
        {
            WriteRecords(header, records, retained, output);
        }
        else
        {
            _plain.ResetWrittenCount();
            WriteRecords(header, records, retained, _plain);
            BatchCompression.Compress(codec, _plain.WrittenSpan, output);
        }

        var batch = MemoryMarshal.AsMemory(output.WrittenMemory).Span[start..];
        ChangeHeader(header, codec, batch.Length, retained).Write(batch);
        BatchStamp.SetCrc(batch);
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

    private static void WriteRecords(
        in BatchHeader header,
        ReadOnlySpan<byte> records,
        in RetainedRecords retained,
        ArrayBufferWriter<byte> output)
    {
        if (retained.DeleteHorizon is { } horizon)
        {
            MoveTimestamps(header, records, retained.Runs, unchecked(header.BaseTimestamp - horizon), output);
            return;
        }

        var bytes = output.GetSpan(records.Length);
        var position = 0;
        foreach (var run in retained.Runs)
        {
            records.Slice(run.Start, run.LengthBytes).CopyTo(bytes[position..]);
            position += run.LengthBytes;
        }

        output.Advance(position);
    }

    private static void MoveTimestamps(
        in BatchHeader header,
        ReadOnlySpan<byte> records,
        ReadOnlySpan<RecordRun> runs,
        long difference,
        ArrayBufferWriter<byte> output)
    {
        foreach (var record in new RecordKeyReader(records, header.RecordCount, header.LastOffsetDelta))
        {
            while (!runs.IsEmpty && record.Start >= runs[0].End)
            {
                runs = runs[1..];
            }

            if (!runs.IsEmpty && record.Start >= runs[0].Start)
            {
                WriteRecord(record, unchecked(record.TimestampDelta + difference), records, output);
            }
        }
    }

    // The length of the timestamp may be another than before, and so that of the record.
    private static void WriteRecord(
        in RecordKey record, long timestampDelta, ReadOnlySpan<byte> records, ArrayBufferWriter<byte> output)
    {
        var rest = records[record.KeyPosition..record.End];
        var length = sizeof(byte) + VarInt.SizeBytes(timestampDelta) + VarInt.SizeBytes(record.OffsetDelta)
            + rest.Length;
        var bytes = output.GetSpan(VarInt.MaxBytes + length);
        var position = VarInt.Write(bytes, length);
        bytes[position++] = record.Attributes;
        position += VarInt.Write(bytes[position..], timestampDelta);
        position += VarInt.Write(bytes[position..], record.OffsetDelta);
        rest.CopyTo(bytes[position..]);
        output.Advance(position + rest.Length);
    }
}
