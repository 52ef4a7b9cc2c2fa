using OrleansStream.Protocols;
using OrleansStream.Protocols.Batches;

namespace OrleansStream.Engine.Log;

/// <summary>A record found by its timestamp, in milliseconds since 1970.</summary>
public readonly record struct TimestampedRecord(long Offset, long Timestamp)
{
    /// <summary>The first record at or after a timestamp, from an offset on; null when there is none.</summary>
    /// <remarks>
    /// In a batch that cannot be decoded, because it is in Zstandard or was built wrong, its first offset stands for
    /// the record, which is at or behind it.
    /// </remarks>
    public static TimestampedRecord? Find(ReadOnlySpan<byte> batches, long timestamp, long fromOffset)
    {
        while (BatchHeader.TryRead(batches, out var header))
        {
            if (header.MaxTimestamp >= timestamp
                && header.RecordCount > 0
                && header.NextOffset > fromOffset
                && FindIn(batches[..header.TotalBytes], header, timestamp, fromOffset, largest: false) is { } found)
            {
                return found;
            }

            batches = batches[header.TotalBytes..];
        }

        return null;
    }

    /// <summary>The largest timestamp from an offset on; the least number there is when no record is there.</summary>
    public static long FindLargest(ReadOnlySpan<byte> batches, long fromOffset)
    {
        var largest = long.MinValue;
        while (BatchHeader.TryRead(batches, out var header))
        {
            if (header.BaseOffset >= fromOffset && header.RecordCount > 0)
            {
                largest = Math.Max(largest, header.MaxTimestamp);
            }
            else if (header.NextOffset > fromOffset
                && header.RecordCount > 0
                && FindIn(batches[..header.TotalBytes], header, long.MinValue, fromOffset, largest: true) is { } found)
            {
                largest = Math.Max(largest, found.Timestamp);
            }

            batches = batches[header.TotalBytes..];
        }

        return largest;
    }

    // The first record at or after the timestamp, or the one with the largest timestamp.
    private static TimestampedRecord? FindIn(
        ReadOnlySpan<byte> batch, in BatchHeader header, long timestamp, long fromOffset, bool largest)
    {
        var body = batch[BatchHeader.SizeBytes..];
        if (header.HasLogAppendTime || header.Codec == CompressionCodec.Zstd)
        {
            return FirstOf(header, fromOffset);
        }

        if (header.Codec == CompressionCodec.None)
        {
            return FindIn(new BatchReader(body, header.RecordCount), header, timestamp, fromOffset, largest);
        }

        try
        {
            using var records = BatchCompression.Decompress(header.Codec, body, BatchLimits.MaxDecompressedBytes);
            return FindIn(new BatchReader(records.Span, header.RecordCount), header, timestamp, fromOffset, largest);
        }
        catch (ProtocolException)
        {
            return FirstOf(header, fromOffset);
        }
    }

    private static TimestampedRecord FirstOf(in BatchHeader header, long fromOffset)
        => new(Math.Max(header.BaseOffset, fromOffset), header.MaxTimestamp);

    private static TimestampedRecord? FindIn(
        BatchReader records, in BatchHeader header, long timestamp, long fromOffset, bool largest)
    {
        TimestampedRecord? best = null;
        foreach (var record in records)
        {
            var found = new TimestampedRecord(
                header.BaseOffset + record.OffsetDelta, header.BaseTimestamp + record.TimestampDelta);
            if (found.Timestamp < timestamp || found.Offset < fromOffset || found.Timestamp <= best?.Timestamp)
            {
                continue;
            }

            best = found;
            if (!largest)
            {
                break;
            }
        }

        return best;
    }
}
