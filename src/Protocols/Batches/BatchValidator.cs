using OrleansStream.Contracts;

namespace OrleansStream.Protocols.Batches;

/// <summary>Decides whether a producer's batch may enter a topic.</summary>
/// <remarks>
/// What fails up to the checksum may have been damaged on its way and is <see cref="StreamError.CorruptBatch"/>, which
/// clients send again. What fails after it was built wrong, so sending it again cannot help: it is
/// <see cref="StreamError.InvalidRecord"/> or a more telling error. Uncompressed records are walked to the end;
/// compressed ones are taken as they are.
///
/// Never throws, whatever the bytes, and allocates only to describe a refusal.
/// </remarks>
public static class BatchValidator
{
    private const int KnownAttributes = BatchHeader.CodecMask
        | BatchHeader.LogAppendTimeFlag | BatchHeader.TransactionalFlag | BatchHeader.ControlFlag;

    /// <summary>Checks the bytes a producer sent for one partition, which must be exactly one batch.</summary>
    public static BatchCheck Check(ReadOnlySpan<byte> batch, in BatchLimits limits)
    {
        var check = CheckFrame(batch, limits.MaxBatchBytes);
        if (check.IsGood)
        {
            check = CheckHeader(check.Header, limits);
        }

        return check.IsGood && check.Header.Codec == CompressionCodec.None
            ? CheckRecords(batch[BatchHeader.SizeBytes..], check.Header, limits)
            : check;
    }

    private static BatchCheck CheckFrame(ReadOnlySpan<byte> batch, int maxBatchBytes)
    {
        // The old formats have their magic in the same place, but shorter headers.
        if (batch.Length > BatchHeader.MagicPosition && batch[BatchHeader.MagicPosition] is 0 or 1)
        {
            return Refuse(StreamError.UnsupportedBatch, default,
                $"The magic is {batch[BatchHeader.MagicPosition]}; only {BatchHeader.CurrentMagic} is supported.");
        }

        if (!BatchHeader.TryRead(batch, out var header))
        {
            return Refuse(StreamError.CorruptBatch, default,
                $"The batch has {batch.Length} bytes, fewer than the {BatchHeader.SizeBytes} of its header.");
        }

        if (header.Magic != BatchHeader.CurrentMagic)
        {
            return Refuse(StreamError.CorruptBatch, header,
                $"The magic is {header.Magic}; only {BatchHeader.CurrentMagic} is supported.");
        }

        if (CheckLength(batch.Length, header, maxBatchBytes) is { IsGood: false } refusal)
        {
            return refusal;
        }

        var crc = Crc32C.Compute(batch[BatchHeader.AttributesPosition..]);
        return crc == header.Crc
            ? Accept(header)
            : Refuse(StreamError.CorruptBatch, header, $"The CRC is {header.Crc:x8}, that of the bytes {crc:x8}.");
    }

    private static BatchCheck CheckLength(int bytes, in BatchHeader header, int maxBatchBytes)
    {
        var batchLength = header.BatchLength;
        var available = bytes - BatchHeader.LengthPrefixBytes;
        if (batchLength < BatchHeader.SizeBytes - BatchHeader.LengthPrefixBytes || batchLength > available)
        {
            return Refuse(StreamError.CorruptBatch, header,
                $"The batch length is {batchLength}, but {available} bytes follow it.");
        }

        if (batchLength < available)
        {
            return Refuse(StreamError.InvalidRecord, header,
                $"The batch length is {batchLength}, but {available} bytes follow it; exactly one batch is allowed.");
        }

        return bytes > maxBatchBytes
            ? Refuse(StreamError.BatchTooLarge, header,
                $"The batch has {bytes} bytes, more than the {maxBatchBytes} this topic allows.")
            : Accept(header);
    }

    private static BatchCheck CheckHeader(in BatchHeader header, in BatchLimits limits)
    {
        if (CheckAttributes(header) is { IsGood: false } refusal)
        {
            return refusal;
        }

        if (header.RecordCount <= 0 || header.RecordCount - 1 != header.LastOffsetDelta)
        {
            return Refuse(StreamError.InvalidRecord, header,
                $"The record count is {header.RecordCount} and the last offset delta {header.LastOffsetDelta}; "
                + "the one must be positive and exceed the other by one.");
        }

        if (header.HasProducer && (header.ProducerEpoch < 0 || header.BaseSequence < 0))
        {
            return Refuse(StreamError.InvalidRecord, header,
                $"Producer {header.ProducerId} has epoch {header.ProducerEpoch} and base sequence "
                + $"{header.BaseSequence}; neither may be negative.");
        }

        return limits.Allow(header.MaxTimestamp)
            ? Accept(header)
            : RefuseTimestamp(header, "The max timestamp", header.MaxTimestamp, limits);
    }

    private static BatchCheck CheckAttributes(in BatchHeader header)
    {
        if (header.IsTransactional || header.IsControl)
        {
            return Refuse(StreamError.UnsupportedBatch, header,
                $"The attributes are 0x{header.Attributes:x4}: transactional and control batches are not supported.");
        }

        if (header.HasLogAppendTime)
        {
            return Refuse(StreamError.InvalidTimestamp, header,
                $"The attributes are 0x{header.Attributes:x4}: only the log may set the log append time.");
        }

        return (header.Attributes & ~KnownAttributes) != 0 || header.Codec > CompressionCodec.Zstd
            ? Refuse(StreamError.InvalidRecord, header,
                $"The attributes are 0x{header.Attributes:x4}: an unknown bit or codec {(int)header.Codec}.")
            : Accept(header);
    }

    private static BatchCheck CheckRecords(ReadOnlySpan<byte> records, in BatchHeader header, in BatchLimits limits)
    {
        var cursor = new RecordCursor(records);
        var maxTimestamp = long.MinValue;
        for (var i = 0; i < header.RecordCount; i++)
        {
            if (!cursor.TryReadRecord(out var record))
            {
                return Refuse(StreamError.InvalidRecord, header, cursor.Fault.Describe(i));
            }

            if (record.OffsetDelta != i)
            {
                return Refuse(StreamError.InvalidRecord, header,
                    $"Record {i}: the offset delta is {record.OffsetDelta}; it must be {i}.");
            }

            // Wraps as it does for every reader, and then lies outside all but the widest limits.
            var timestamp = unchecked(header.BaseTimestamp + record.TimestampDelta);
            if (!limits.Allow(timestamp))
            {
                return RefuseTimestamp(header, $"Record {i}: the timestamp", timestamp, limits);
            }

            maxTimestamp = Math.Max(maxTimestamp, timestamp);
        }

        return cursor.IsAtEnd
            ? Accept(header) with { MaxTimestamp = maxTimestamp }
            : Refuse(StreamError.InvalidRecord, header, $"More bytes follow the last of {header.RecordCount} records.");
    }

    private static BatchCheck Accept(in BatchHeader header)
        => new(StreamError.None, null, header, header.MaxTimestamp);

    private static BatchCheck Refuse(StreamError error, in BatchHeader header, string message)
        => new(error, message, header);

    private static BatchCheck RefuseTimestamp(
        in BatchHeader header, string what, long timestamp, in BatchLimits limits)
        => Refuse(StreamError.InvalidTimestamp, header,
            $"{what} is {timestamp}; this topic allows {limits.MaxTimestampAge} ms before and "
            + $"{limits.MaxTimestampLead} ms after {limits.Now}.");
}
