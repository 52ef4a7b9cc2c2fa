using System.Buffers;
using System.Runtime.InteropServices;
using OrleansStream.Protocols;
using OrleansStream.Protocols.Batches;

namespace OrleansStream.Engine.Log.Compaction;

/// <summary>What is left of batches.</summary>
/// <param name="Left">All of them where nothing has to go. Valid until the compactor is used again.</param>
/// <param name="HasUndecoded">Whether one could not be decoded.</param>
/// <param name="HasNewHorizon">Whether a tombstone among them was told when it may go.</param>
public readonly record struct CompactedBatches(
    ReadOnlyMemory<byte> Left, bool IsChanged, bool HasUndecoded, bool HasNewHorizon);

/// <summary>Decides which records survive a pass of compaction, batch by batch.</summary>
/// <remarks>
/// What has a later record of the same key goes. A record without a key goes as well: it is from a time when the topic
/// was not compacted.
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
/// Not thread-safe; keeps its memory from call to call.
/// </remarks>
public sealed class BatchCompactor(CompactionPass pass)
{
    private readonly BatchRewriter _rewriter = new();
    private readonly ArrayBufferWriter<byte> _left = new();
    private readonly List<RecordRun> _runs = [];
    private readonly KeyHash[] _hashes = new KeyHash[KeyHashReader.ChunkCount];
    private bool _hasUndecoded;
    private bool _hasNewHorizon;

    /// <summary>Finds out what is left of whole batches.</summary>
    /// <param name="lastOffset">The end of the last segment; a batch that ends there stays.</param>
    /// <exception cref="InvalidDataException">A batch does not match its checksum.</exception>
    public CompactedBatches Compact(ReadOnlyMemory<byte> batches, long lastOffset)
    {
        _left.ResetWrittenCount();
        _hasUndecoded = pass.HasUndecoded;
        _hasNewHorizon = false;
        var isChanged = false;
        var position = 0;
        var unchangedStart = 0; // Batches that stay as they are get copied together.
        while (BatchHeader.TryRead(batches.Span[position..], out var header))
        {
            var unchanged = batches[unchangedStart..position];
            var batch = batches.Slice(position, header.TotalBytes);
            position += batch.Length;
            if (header.BaseOffset < pass.EndOffset
                && TryRewrite(batch, header, header.NextOffset == lastOffset, unchanged))
            {
                isChanged = true;
                unchangedStart = position;
            }
        }

        if (isChanged)
        {
            _left.Write(batches.Span[unchangedStart..position]);
        }

        return new CompactedBatches(
            isChanged ? _left.WrittenMemory : batches, isChanged, _hasUndecoded, _hasNewHorizon);
    }

    // False when the batch stays as it is. Else writes what is left of it behind the batches before it.
    private bool TryRewrite(
        ReadOnlyMemory<byte> batch, in BatchHeader header, bool isLast, ReadOnlyMemory<byte> before)
    {
        using var decoded = DecodedBatch.Open(batch, header);
        var records = decoded.Records.Span;
        if (!decoded.IsDecoded || !TryRetain(records, header, out var retained))
        {
            _hasUndecoded = true;
            return false;
        }

        var isEmptied = retained.RecordCount == 0 && !isLast;
        if (retained.RecordCount == header.RecordCount && retained.DeleteHorizon is null && !isEmptied)
        {
            return false;
        }

        DecodedBatch.ThrowIfDamaged(batch, header);
        _left.Write(before.Span);
        if (!isEmptied)
        {
            _hasNewHorizon |= retained.DeleteHorizon is not null;
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
        var areTombstonesGone = header.HasDeleteHorizon && pass.IsPast(header.BaseTimestamp);
        var memory = pass.Memory;
        var isNoted = memory.Remembers(header.BaseOffset, header.LastOffset);
        var hashes = isNoted ? default : memory.Hash(records, header, _hashes);
        try
        {
            foreach (var record in new RecordKeyReader(records, header.RecordCount, header.LastOffsetDelta))
            {
                var offset = header.BaseOffset + record.OffsetDelta;
                var isSuperseded = isNoted
                    ? memory.IsSuperseded(offset)
                    : hashes.MoveNext() && memory.IsSuperseded(hashes.Current, offset);
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
            && header.NextOffset <= pass.EndOffset;
        retained = new RetainedRecords
        {
            Runs = CollectionsMarshal.AsSpan(_runs),
            RecordCount = count,
            MaxTimestamp = maxTimestamp,
            DeleteHorizon = getsHorizon ? pass.DeleteHorizon : null,
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
}
