using OrleansStream.Contracts;

namespace OrleansStream.Protocols.Batches;

/// <summary>Decides whether a producer's batch may enter a topic.</summary>
/// <remarks>
/// What fails up to the checksum may have been damaged on its way and is <see cref="StreamError.CorruptBatch"/>, which
/// clients send again. What fails after it was built wrong, so sending it again cannot help: it is
/// <see cref="StreamError.InvalidRecord"/> or a more telling error. Uncompressed records are walked to the end;
/// compressed ones are taken as they are, but for a topic whose records need keys: there they are decompressed, unless
/// they are in Zstandard.
///
/// Never throws, whatever the bytes, and allocates only to decompress and to describe a refusal.
/// </remarks>
public static class BatchValidator
{
    private const int KnownAttributes = BatchHeader.CodecMask
        | BatchHeader.LogAppendTimeFlag | BatchHeader.TransactionalFlag | BatchHeader.ControlFlag;

    /// <summary>Checks the bytes a producer sent for one partition, which must be exactly one batch.</summary>
    public static BatchCheck Check(ReadOnlySpan<byte> batch, in BatchLimits limits)
    {
        var fault = CheckFrame(batch, limits.MaxBatchBytes, out var header);
        if (!fault.IsFound)
        {
            fault = CheckHeader(header, limits);
        }

        var maxTimestamp = header.MaxTimestamp;
        if (!fault.IsFound)
        {
            fault = CheckBody(batch[BatchHeader.SizeBytes..], header, limits, ref maxTimestamp);
        }

        return fault.IsFound
            ? new BatchCheck(fault.Error, fault.Message, header)
            : new BatchCheck(StreamError.None, null, header, maxTimestamp);
    }

    private static Fault CheckFrame(ReadOnlySpan<byte> batch, int maxBatchBytes, out BatchHeader header)
    {
        // The old formats have their magic in the same place, but shorter headers.
        if (batch.Length > BatchHeader.MagicPosition && batch[BatchHeader.MagicPosition] is 0 or 1)
        {
            header = default;
            return new(StreamError.UnsupportedBatch,
                $"The magic is {batch[BatchHeader.MagicPosition]}; only {BatchHeader.CurrentMagic} is supported.");
        }

        if (!BatchHeader.TryRead(batch, out header))
        {
            return new(StreamError.CorruptBatch,
                $"The batch has {batch.Length} bytes, fewer than the {BatchHeader.SizeBytes} of its header.");
        }

        if (header.Magic != BatchHeader.CurrentMagic)
        {
            return new(StreamError.CorruptBatch,
                $"The magic is {header.Magic}; only {BatchHeader.CurrentMagic} is supported.");
        }

        if (CheckLength(batch.Length, header, maxBatchBytes) is { IsFound: true } fault)
        {
            return fault;
        }

        var crc = Crc32C.Compute(batch[BatchHeader.AttributesPosition..]);
        return crc == header.Crc
            ? default
            : new(StreamError.CorruptBatch, $"The CRC is {header.Crc:x8}, that of the bytes {crc:x8}.");
    }

    private static Fault CheckLength(int bytes, in BatchHeader header, int maxBatchBytes)
    {
        var batchLength = header.BatchLength;
        var available = bytes - BatchHeader.LengthPrefixBytes;
        if (batchLength < BatchHeader.SizeBytes - BatchHeader.LengthPrefixBytes || batchLength > available)
        {
            return new(StreamError.CorruptBatch,
                $"The batch length is {batchLength}, but {available} bytes follow it.");
        }

        if (batchLength < available)
        {
            return new(StreamError.InvalidRecord,
                $"The batch length is {batchLength}, but {available} bytes follow it; exactly one batch is allowed.");
        }

        return bytes > maxBatchBytes
            ? new(StreamError.BatchTooLarge,
                $"The batch has {bytes} bytes, more than the {maxBatchBytes} this topic allows.")
            : default;
    }

    private static Fault CheckHeader(in BatchHeader header, in BatchLimits limits)
    {
        if (CheckAttributes(header) is { IsFound: true } fault)
        {
            return fault;
        }

        if (header.RecordCount <= 0 || header.RecordCount - 1 != header.LastOffsetDelta)
        {
            return new(StreamError.InvalidRecord,
                $"The record count is {header.RecordCount} and the last offset delta {header.LastOffsetDelta}; "
                + "the one must be positive and exceed the other by one.");
        }

        if (header.HasProducer && (header.ProducerEpoch < 0 || header.BaseSequence < 0))
        {
            return new(StreamError.InvalidRecord,
                $"Producer {header.ProducerId} has epoch {header.ProducerEpoch} and base sequence "
                + $"{header.BaseSequence}; neither may be negative.");
        }

        return limits.Allow(header.MaxTimestamp)
            ? default
            : TimestampFault("The max timestamp", header.MaxTimestamp, limits);
    }

    private static Fault CheckAttributes(in BatchHeader header)
    {
        if (header.IsTransactional || header.IsControl)
        {
            return new(StreamError.UnsupportedBatch,
                $"The attributes are 0x{header.Attributes:x4}: transactional and control batches are not supported.");
        }

        if (header.HasLogAppendTime)
        {
            return new(StreamError.InvalidTimestamp,
                $"The attributes are 0x{header.Attributes:x4}: only the log may set the log append time.");
        }

        return (header.Attributes & ~KnownAttributes) != 0 || header.Codec > CompressionCodec.Zstd
            ? new(StreamError.InvalidRecord,
                $"The attributes are 0x{header.Attributes:x4}: an unknown bit or codec {(int)header.Codec}.")
            : default;
    }

    private static Fault CheckBody(
        ReadOnlySpan<byte> body, in BatchHeader header, in BatchLimits limits, ref long maxTimestamp)
    {
        if (header.Codec == CompressionCodec.None)
        {
            return CheckRecords(body, header, limits, out maxTimestamp);
        }

        if (!limits.NeedsKeys || header.Codec == CompressionCodec.Zstd)
        {
            return default;
        }

        try
        {
            using var records = BatchCompression.Decompress(header.Codec, body, BatchLimits.MaxDecompressedBytes);
            return CheckRecords(records.Span, header, limits, out maxTimestamp);
        }
        catch (ProtocolException e)
        {
            return new(StreamError.InvalidRecord, e.Message);
        }
    }

    private static Fault CheckRecords(
        ReadOnlySpan<byte> records, in BatchHeader header, in BatchLimits limits, out long maxTimestamp)
    {
        var cursor = new RecordCursor(records);
        maxTimestamp = long.MinValue;
        for (var i = 0; i < header.RecordCount; i++)
        {
            if (!cursor.TryReadRecord(out var record))
            {
                return new(StreamError.InvalidRecord, cursor.Fault.Describe(i));
            }

            if (record.OffsetDelta != i)
            {
                return new(StreamError.InvalidRecord,
                    $"Record {i}: the offset delta is {record.OffsetDelta}; it must be {i}.");
            }

            if (limits.NeedsKeys && !record.HasKey)
            {
                return new(StreamError.InvalidRecord, $"Record {i} has no key; a compacted topic needs one.");
            }

            // Wraps as it does for every reader, and then lies outside all but the widest limits.
            var timestamp = unchecked(header.BaseTimestamp + record.TimestampDelta);
            if (!limits.Allow(timestamp))
            {
                return TimestampFault($"Record {i}: the timestamp", timestamp, limits);
            }

            maxTimestamp = Math.Max(maxTimestamp, timestamp);
        }

        return cursor.IsAtEnd
            ? default
            : new(StreamError.InvalidRecord, $"More bytes follow the last of {header.RecordCount} records.");
    }

    private static Fault TimestampFault(string what, long timestamp, in BatchLimits limits)
        => new(StreamError.InvalidTimestamp,
            $"{what} is {timestamp}; this topic allows {limits.MaxTimestampAge} ms before and "
            + $"{limits.MaxTimestampLead} ms after {limits.Now}.");

    /// <summary>Why a batch is refused; the default when nothing is wrong.</summary>
    private readonly record struct Fault(StreamError Error, string Message)
    {
        public bool IsFound => Error != StreamError.None;
    }
}
