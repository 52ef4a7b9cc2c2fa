using OrleansStream.Protocols.Batches;

namespace OrleansStream.Engine.Log;

/// <summary>A record found by its timestamp, in milliseconds since 1970.</summary>
public readonly record struct TimestampedRecord(long Offset, long Timestamp)
{
    /// <summary>What a batch may grow to when it is decompressed for a search.</summary>
    private const int MaxDecompressedBytes = 64 * 1_024 * 1_024;

    /// <summary>The first record at or after a timestamp, from an offset on; null when there is none.</summary>
    /// <remarks>A batch in Zstandard is not decoded: its first offset stands for the record, which is at or behind it.</remarks>
    public static TimestampedRecord? Find(ReadOnlySpan<byte> batches, long timestamp, long fromOffset)
    {
        while (BatchHeader.TryRead(batches, out var header))
        {
            if (header.MaxTimestamp >= timestamp
                && header.NextOffset > fromOffset
                && FindIn(batches[..header.TotalBytes], header, timestamp, fromOffset) is { } found)
            {
                return found;
            }

            batches = batches[header.TotalBytes..];
        }

        return null;
    }

    /// <summary>The largest timestamp of whole batches; the least number there is when they are none.</summary>
    public static long FindLargest(ReadOnlySpan<byte> batches)
    {
        var largest = long.MinValue;
        while (BatchHeader.TryRead(batches, out var header))
        {
            largest = Math.Max(largest, header.MaxTimestamp);
            batches = batches[header.TotalBytes..];
        }

        return largest;
    }

    private static TimestampedRecord? FindIn(
        ReadOnlySpan<byte> batch, in BatchHeader header, long timestamp, long fromOffset)
    {
        var body = batch[BatchHeader.SizeBytes..];
        if (header.HasLogAppendTime || header.Codec == CompressionCodec.Zstd)
        {
            return new TimestampedRecord(Math.Max(header.BaseOffset, fromOffset), header.MaxTimestamp);
        }

        if (header.Codec == CompressionCodec.None)
        {
            return FindIn(new BatchReader(body, header.RecordCount), header, timestamp, fromOffset);
        }

        using var records = BatchCompression.Decompress(header.Codec, body, MaxDecompressedBytes);
        return FindIn(new BatchReader(records.Span, header.RecordCount), header, timestamp, fromOffset);
    }

    private static TimestampedRecord? FindIn(
        BatchReader records, in BatchHeader header, long timestamp, long fromOffset)
    {
        foreach (var record in records)
        {
            var found = new TimestampedRecord(
                header.BaseOffset + record.OffsetDelta, header.BaseTimestamp + record.TimestampDelta);
            if (found.Timestamp >= timestamp && found.Offset >= fromOffset)
            {
                return found;
            }
        }

        return null;
    }
}
