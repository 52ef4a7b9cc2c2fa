using System.Text;
using OrleansStream.Protocols.Batches;

namespace OrleansStream.TestKit.Batches;

/// <summary>A record with a key, as compaction sees it.</summary>
/// <param name="Key">Null for a record without one.</param>
/// <param name="Value">Null for a tombstone.</param>
/// <param name="Timestamp">Milliseconds since 1970.</param>
public readonly record struct KeyedRecord(string? Key, string? Value, long Timestamp = 1_000);

/// <summary>Makes batches of records with keys and takes them apart.</summary>
public static class KeyedBatch
{
    private static readonly RecordHeader[] s_headers = [new("h"u8.ToArray(), "x"u8.ToArray())];

    /// <summary>A batch as a producer would send it, whose records have a header each.</summary>
    /// <param name="producerId">-1 for a producer that is not idempotent.</param>
    public static byte[] Of(
        IEnumerable<KeyedRecord> records,
        CompressionCodec codec = CompressionCodec.None,
        long producerId = -1,
        int baseSequence = 0)
    {
        var builder = new BatchBuilder();
        if (producerId >= 0)
        {
            builder.SetProducer(producerId, 0, baseSequence);
        }

        foreach (var (key, value, timestamp) in records)
        {
            builder.Append(
                Encoding.UTF8.GetBytes(key ?? ""),
                key is not null,
                Encoding.UTF8.GetBytes(value ?? ""),
                value is not null,
                s_headers,
                timestamp);
        }

        return builder.Build(codec).ToArray();
    }

    /// <summary>Batches one after another, with offsets as a log gives them from 0 on.</summary>
    public static byte[] Log(params byte[][] batches)
    {
        var offset = 0L;
        foreach (var batch in batches)
        {
            BatchStamp.SetBaseOffset(batch, offset);
            offset = TestBatch.HeaderOf(batch).NextOffset;
        }

        return [.. batches.SelectMany(batch => batch)];
    }

    /// <summary>The records of whole batches with their offsets, after a look at their checksums.</summary>
    public static List<(long Offset, KeyedRecord Record)> Read(ReadOnlyMemory<byte> batches)
    {
        List<(long, KeyedRecord)> read = [];
        foreach (var batch in TestBatch.Split(batches))
        {
            var header = TestBatch.HeaderOf(batch.Span);
            if (!BatchStamp.HasRightCrc(batch.Span, header))
            {
                throw new InvalidDataException($"The checksum of the batch at {header.BaseOffset} is wrong.");
            }

            using var records = BatchCompression.Decompress(
                header.Codec, batch.Span[BatchHeader.SizeBytes..], BatchLimits.MaxDecompressedBytes);
            foreach (var record in new BatchReader(records.Span, header.RecordCount))
            {
                if (record.HeaderCount != s_headers.Length)
                {
                    throw new InvalidDataException($"A record has {record.HeaderCount} headers.");
                }

                read.Add((header.BaseOffset + record.OffsetDelta, new KeyedRecord(
                    record.HasKey ? Encoding.UTF8.GetString(record.Key) : null,
                    record.HasValue ? Encoding.UTF8.GetString(record.Value) : null,
                    header.BaseTimestamp + record.TimestampDelta)));
            }
        }

        return read;
    }
}
