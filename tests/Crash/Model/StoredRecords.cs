using OrleansStream.Protocols.Batches;
using OrleansStream.TestKit.Clients;

namespace OrleansStream.Crash.Model;

/// <summary>Reads the records of a log, and checks what must hold whoever wrote them.</summary>
internal static class StoredRecords
{
    // The attributes are the first field that the CRC covers.
    private const int CrcStart = 21;

    /// <summary>Every record from the log start on, by offset.</summary>
    /// <exception cref="ViolationException">Bytes are damaged, offsets have gaps, or epochs go back.</exception>
    public static Dictionary<long, RecordId> Read(StoredPartition stored, Func<string, ViolationException> violation)
    {
        var records = new Dictionary<long, RecordId>();
        var next = stored.Batches.Count == 0 ? stored.LogStart : stored.Batches[0].Header.BaseOffset;
        var epoch = -1;
        foreach (var batch in stored.Batches)
        {
            var header = batch.Header;
            if (header.BaseOffset != next || header.LeaderEpoch < epoch || header.LeaderEpoch > stored.LeaderEpoch)
            {
                throw violation(
                    $"a batch of epoch {header.LeaderEpoch} at offset {header.BaseOffset} follows epoch {epoch}, "
                    + $"offset {next} is due");
            }

            AddRecords(batch, stored.LogStart, records, violation);
            next = header.NextOffset;
            epoch = header.LeaderEpoch;
        }

        return next == Math.Max(stored.HighWatermark, stored.LogStart)
            ? records
            : throw violation($"reading ends at {next}, the high watermark is {stored.HighWatermark}");
    }

    private static void AddRecords(
        StoredBatch batch,
        long logStart,
        Dictionary<long, RecordId> records,
        Func<string, ViolationException> violation)
    {
        var header = batch.Header;
        var crc = Crc32C.Compute(batch.Bytes.Span[CrcStart..]);
        if (crc != header.Crc)
        {
            throw violation(
                $"the CRC of the batch at offset {header.BaseOffset} is {header.Crc:x8}, that of its bytes {crc:x8}");
        }

        foreach (var view in new BatchReader(batch.Bytes.Span[BatchHeader.SizeBytes..], header.RecordCount))
        {
            var offset = header.BaseOffset + view.OffsetDelta;
            if (!RecordId.TryRead(view.Value, out var record))
            {
                throw violation($"the record at offset {offset} was never sent");
            }

            if (offset >= logStart)
            {
                records.Add(offset, record);
            }
        }
    }
}
