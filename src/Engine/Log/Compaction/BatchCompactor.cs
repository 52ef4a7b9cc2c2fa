using System.Buffers;
using System.Runtime.InteropServices;
using OrleansStream.Protocols;
using OrleansStream.Protocols.Batches;

namespace OrleansStream.Engine.Log.Compaction;

/// <summary>Decides which records of a log survive a pass of compaction, batch by batch, in order.</summary>
/// <remarks>
/// First all dirty batches are noted in the <see cref="CompactionMemory"/>, as far as it has room. Then the whole log
/// up to there is gone through again, in order, and what has a later record of the same key goes. A record without a
/// key goes as well: it is from a time when the topic was not compacted.
///
/// A tombstone stays until no record before it has its key, and then for the topic's <c>delete.retention.ms</c>. That
/// is known when the pass that notes it reaches its batch, and written there as the batch's delete horizon.
///
/// A batch that cannot be decoded, because it is in Zstandard or was built wrong, stays as it is. Its keys may be any:
/// tombstones behind it get no horizon, or they would leave a deleted record behind.
///
/// A batch without records goes, also that of an idempotent producer: what is remembered of producers is in the
/// segments' footers. Only the last batch of all segments stays, so that readers get beyond it.
///
/// Not thread-safe: one pass owns it.
/// </remarks>
/// <param name="memory">For the range; disposed with this.</param>
/// <param name="range">What is to be noted, if there is room for it.</param>
/// <param name="now">Milliseconds since 1970.</param>
/// <param name="deleteRetention">How long tombstones stay, in milliseconds.</param>
public sealed class BatchCompactor(CompactionMemory memory, DirtyRange range, long now, long deleteRetention)
    : IDisposable
{
    private readonly BatchRewriter _rewriter = new();
    private readonly ArrayBufferWriter<byte> _left = new();
    private readonly List<RecordRun> _runs = [];
    private bool _hasUndecoded;

    /// <summary>Where the next record to be noted is; the pass covers everything before it.</summary>
    public long EndOffset { get; private set; } = range.StartOffset;

    /// <summary>Notes the keys of batches.</summary>
    /// <returns>False when the range ends, or the memory has no room for all of them.</returns>
    /// <exception cref="InvalidDataException">A batch does not match its checksum.</exception>
    public bool TryNote(ReadOnlySpan<byte> batches)
    {
        while (BatchHeader.TryRead(batches, out var header))
        {
            if (header.BaseOffset >= range.EndOffset)
            {
                return false;
            }

            var batch = batches[..header.TotalBytes];
            ThrowIfDamaged(batch, header);
            using var records = TryDecode(batch, header, out var isDecoded);
            if (isDecoded && !TryNote(RecordsOf(batch, records), header))
            {
                return false;
            }

            EndOffset = header.NextOffset;
            batches = batches[batch.Length..];
        }

        return true;
    }

    /// <summary>Finds out what is left of batches.</summary>
    /// <param name="lastOffset">The end of the last segment; a batch that ends there stays.</param>
    /// <param name="left">What is left, valid until the next call; all the batches where nothing has to go.</param>
    /// <returns>Whether anything changed.</returns>
    /// <exception cref="InvalidDataException">A batch does not match its checksum.</exception>
    public bool TryCompact(ReadOnlyMemory<byte> batches, long lastOffset, out ReadOnlyMemory<byte> left)
    {
        _left.ResetWrittenCount();
        var isChanged = false;
        var bytes = batches.Span;
        var position = 0;
        var unchangedStart = 0; // Batches that stay as they are get copied together.
        while (BatchHeader.TryRead(bytes[position..], out var header))
        {
            var unchanged = bytes[unchangedStart..position];
            var batch = bytes.Slice(position, header.TotalBytes);
            position += batch.Length;
            if (header.BaseOffset < EndOffset
                && TryRewrite(batch, header, header.NextOffset == lastOffset, unchanged))
            {
                isChanged = true;
                unchangedStart = position;
            }
        }

        if (isChanged)
        {
            _left.Write(bytes[unchangedStart..position]);
        }

        left = isChanged ? _left.WrittenMemory : batches;
        return isChanged;
    }

    public void Dispose() => memory.Dispose();

    private static PooledBuffer? TryDecode(ReadOnlySpan<byte> batch, in BatchHeader header, out bool isDecoded)
    {
        isDecoded = true;
        if (header.Codec == CompressionCodec.None || header.RecordCount == 0)
        {
            return null;
        }

        try
        {
            if (header.Codec < CompressionCodec.Zstd)
            {
                return BatchCompression.Decompress(
                    header.Codec, batch[BatchHeader.SizeBytes..], BatchLimits.MaxDecompressedBytes);
            }
        }
        catch (ProtocolException)
        {
            // Taken in while the topic was not compacted, when nobody looked inside.
        }

        isDecoded = false;
        return null;
    }

    private static ReadOnlySpan<byte> RecordsOf(ReadOnlySpan<byte> batch, PooledBuffer? decompressed)
        => decompressed is null ? batch[BatchHeader.SizeBytes..] : decompressed.Span;

    // Written anew, a damaged batch would get a checksum that fits.
    private static void ThrowIfDamaged(ReadOnlySpan<byte> batch, in BatchHeader header)
    {
        if (!BatchStamp.HasRightCrc(batch, header))
        {
            throw new InvalidDataException($"The batch at offset {header.BaseOffset} does not match its checksum.");
        }
    }

    private bool TryNote(ReadOnlySpan<byte> records, in BatchHeader header)
    {
        try
        {
            foreach (var record in memory.Hash(records, header))
            {
                var offset = header.BaseOffset + record.OffsetDelta;
                if (offset < range.StartOffset || !record.HasKey)
                {
                    continue;
                }

                if (!memory.TryNote(record.Hash, offset))
                {
                    EndOffset = offset;
                    return false;
                }
            }
        }
        catch (ProtocolException)
        {
            // It will stay as it is, so what it superseded need not.
        }

        return true;
    }

    // False when the batch stays as it is. Else writes what is left of it behind the batches before it.
    private bool TryRewrite(ReadOnlySpan<byte> batch, in BatchHeader header, bool isLast, ReadOnlySpan<byte> before)
    {
        using var decompressed = TryDecode(batch, header, out var isDecoded);
        var records = RecordsOf(batch, decompressed);
        if (!isDecoded || !TryRetain(records, header, out var retained))
        {
            _hasUndecoded = true;
            return false;
        }

        var isEmptied = retained.RecordCount == 0 && !isLast;
        if (retained.RecordCount == header.RecordCount && retained.DeleteHorizon is null && !isEmptied)
        {
            return false;
        }

        ThrowIfDamaged(batch, header);
        _left.Write(before);
        if (!isEmptied)
        {
            _rewriter.Write(header, records, retained, _left);
        }

        return true;
    }

    // False when the records cannot be read.
    private bool TryRetain(ReadOnlySpan<byte> records, in BatchHeader header, out RetainedRecords retained)
    {
        _runs.Clear();
        var run = default(RecordRun);
        var count = 0;
        var hasTombstone = false;
        var maxTimestamp = BatchLimits.NoTimestamp;
        var areTombstonesGone = header.HasDeleteHorizon && header.BaseTimestamp <= now;
        var isNoted = memory.Remembers(header.BaseOffset, header.LastOffset);
        var keys = isNoted ? default : memory.Hash(records, header);
        try
        {
            foreach (var record in new RecordKeyReader(records, header.RecordCount, header.LastOffsetDelta))
            {
                var offset = header.BaseOffset + record.OffsetDelta;
                var isSuperseded = isNoted
                    ? memory.IsSuperseded(offset)
                    : keys.MoveNext() && memory.IsSuperseded(keys.Current.Hash, offset);
                if (isSuperseded || !record.HasKey || (record.IsTombstone && areTombstonesGone))
                {
                    continue;
                }

                run = AddToRuns(run, record.Start, record.End);
                count++;
                hasTombstone |= record.IsTombstone;
                maxTimestamp = Math.Max(maxTimestamp, unchecked(header.BaseTimestamp + record.TimestampDelta));
            }
        }
        catch (ProtocolException)
        {
            retained = default;
            return false;
        }

        if (count > 0)
        {
            _runs.Add(run);
            maxTimestamp = header.HasLogAppendTime ? header.MaxTimestamp : maxTimestamp;
        }

        var getsHorizon = hasTombstone
            && !header.HasDeleteHorizon
            && !_hasUndecoded
            && header.NextOffset <= EndOffset;
        retained = new RetainedRecords
        {
            Runs = CollectionsMarshal.AsSpan(_runs),
            RecordCount = count,
            MaxTimestamp = maxTimestamp,
            DeleteHorizon = getsHorizon ? FindHorizon() : null,
        };
        return true;
    }

    // The run that is still growing.
    private RecordRun AddToRuns(RecordRun run, int start, int end)
    {
        if (run.End == start)
        {
            return run with { End = end };
        }

        if (run.End > 0)
        {
            _runs.Add(run);
        }

        return new RecordRun(start, end);
    }

    private long FindHorizon() => deleteRetention > long.MaxValue - now ? long.MaxValue : now + deleteRetention;
}
