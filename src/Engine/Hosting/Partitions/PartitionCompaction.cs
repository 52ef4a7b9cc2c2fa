using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using OrleansStream.Contracts;
using OrleansStream.Engine.Hosting.Segments;
using OrleansStream.Engine.Log;
using OrleansStream.Engine.Log.Compaction;
using OrleansStream.Engine.Storage;
using OrleansStream.Protocols.Batches;

namespace OrleansStream.Engine.Hosting.Partitions;

/// <summary>
/// Compacts one partition: reads what <see cref="BatchCompactor"/> decides on, and writes what it leaves.
/// </summary>
/// <remarks>
/// A pass reads the dirty segments, one after another, and then goes through all segments up to there. Each is a piece
/// of work of its own between the others that the partition's <see cref="PartitionMaintenance"/> has: segments may be
/// flushed, merged and dropped between two of them, so a pass goes by offsets.
///
/// Each segment is replaced by itself, and how far the log is compacted is noted at the end. A pass that ends before
/// has done nothing wrong: a record only goes where a later one of its key is in the log.
/// </remarks>
internal sealed class PartitionCompaction(
    PartitionId id, PartitionLog log, PartitionStore store, SegmentReads reads, ITurn turn, HostServices services)
{
    private const int PieceBytes = 1_024 * 1_024;

    /// <summary>Whether the tail has to be in a segment, as it has waited for the longest lag.</summary>
    public async Task<bool> WantsFlushAsync(TopicConfig config, long highWatermark)
    {
        using var first = await turn.RunAsync(
            (log, highWatermark), static s => s.log.PlanSegment(maxBytes: 1, s.highWatermark)).ConfigureAwait(false);
        return first.Pieces.Count > 0
            && OldestTimestamp(first.Pieces[0].Span, services.Now) < services.Now - config.MaxCompactionLag;
    }

    /// <summary>What there is to compact; null when it is not due yet.</summary>
    public async Task<DirtyRange?> FindDueAsync(TopicConfig config)
    {
        var now = services.Now;
        var compacted = Math.Max(store.Head.CompactedOffset, store.Head.LogStartOffset);
        var range = await turn.RunAsync(
            (log, compacted, config, now),
            static s => DirtyRange.Find(s.log.Segments, s.compacted, s.config, s.now)).ConfigureAwait(false);
        var isDue = range.DirtyBytes > 0
            && range.IsDue(config, await FindOldestAsync(range).ConfigureAwait(false), now);
        return isDue ? range : null;
    }

    /// <summary>Memory for a pass, as large as it can need and as the options allow. The caller disposes it.</summary>
    public BatchCompactor Begin(in DirtyRange range, TopicConfig config)
    {
        Span<byte> seed = stackalloc byte[16];
        RandomNumberGenerator.Fill(seed);
        var memory = new CompactionMemory(
            range.StartOffset,
            range.EndOffset - range.StartOffset,
            services.Options.CompactionBytes,
            MemoryMarshal.Read<UInt128>(seed));
        return new BatchCompactor(memory, range, services.Now, config.DeleteRetention);
    }

    /// <summary>Notes the keys of the segment that holds an offset.</summary>
    /// <returns>Where to go on; null when the memory is full or nothing follows.</returns>
    public async Task<long?> NoteSegmentAsync(BatchCompactor compactor, long offset, CancellationToken token)
    {
        if (await FindSegmentAsync(offset).ConfigureAwait(false) is not { } segment)
        {
            return null;
        }

        offset = Math.Max(offset, segment.BaseOffset);
        await foreach (var piece in ReadAsync(segment, offset, token).ConfigureAwait(false))
        {
            if (!Checked(segment, () => compactor.TryNote(piece.Span)))
            {
                return null;
            }
        }

        return segment.NextOffset;
    }

    /// <summary>Replaces the segment that holds an offset by what is left of it, if anything of it has to go.</summary>
    /// <returns>Where to go on, and the segment replaced; no offset when nothing follows.</returns>
    public async Task<(long? Next, IReadOnlyList<LogSegment> Retired)> CompactSegmentAsync(
        BatchCompactor compactor, long offset, CancellationToken token)
    {
        if (await FindSegmentAsync(offset).ConfigureAwait(false) is not { } segment)
        {
            return (null, []);
        }

        var lastOffset = await turn.RunAsync(log, static log => log.Segments[^1].NextOffset).ConfigureAwait(false);
        var pieces = CompactAsync(compactor, segment, lastOffset, token).GetAsyncEnumerator(token);
        await using (pieces.ConfigureAwait(false))
        {
            var unchangedCount = 0;
            while (true)
            {
                if (!await pieces.MoveNextAsync().ConfigureAwait(false))
                {
                    return (segment.NextOffset, []);
                }

                if (pieces.Current.IsChanged)
                {
                    break;
                }

                unchangedCount++;
            }

            var left = LeftAsync(segment, unchangedCount, pieces, token);
            return (segment.NextOffset, await ReplaceAsync(segment, left, token).ConfigureAwait(false));
        }
    }

    private async Task<long> FindOldestAsync(DirtyRange range)
    {
        if (await FindSegmentAsync(range.StartOffset).ConfigureAwait(false) is not { } segment)
        {
            return long.MaxValue;
        }

        var pieces = reads.EnumerateAsync(
            segment.Entry, Math.Max(range.StartOffset, segment.BaseOffset), 1, memory: null, CancellationToken.None);
        await foreach (var piece in pieces.ConfigureAwait(false))
        {
            return OldestTimestamp(piece.Span, segment.Entry.WrittenTimestamp);
        }

        return long.MaxValue;
    }

    private static long OldestTimestamp(ReadOnlySpan<byte> batch, long otherwise)
        => BatchHeader.TryRead(batch, out var header) && header.MaxTimestamp >= 0 ? header.MaxTimestamp : otherwise;

    private ValueTask<LogSegment?> FindSegmentAsync(long offset)
        => turn.RunAsync(
            (log, offset), static s => s.log.Segments.FirstOrDefault(segment => segment.NextOffset > s.offset));

    private async Task<IReadOnlyList<LogSegment>> ReplaceAsync(
        LogSegment segment, IAsyncEnumerable<ReadOnlyMemory<byte>> left, CancellationToken token)
    {
        var open = await services.Segments.AcquireAsync(id, segment.Entry, token).ConfigureAwait(false);
        var footer = open.Footer;
        await open.ReleaseAsync().ConfigureAwait(false);
        var compacted = await store.ReplaceSegmentsAsync([segment.Entry], left, footer).ConfigureAwait(false);
        return await turn
            .RunAsync((log, segment, compacted), static s => s.log.ReplaceSegments([s.segment], s.compacted))
            .ConfigureAwait(false);
    }

    // What came before the first change is read once more: it was not kept, as there may have been no change at all.
    private async IAsyncEnumerable<ReadOnlyMemory<byte>> LeftAsync(
        LogSegment segment,
        int unchangedCount,
        IAsyncEnumerator<(ReadOnlyMemory<byte> Left, bool IsChanged)> pieces,
        [EnumeratorCancellation] CancellationToken token)
    {
        var unchanged = ReadAsync(segment, segment.BaseOffset, token).Take(unchangedCount);
        await foreach (var piece in unchanged.ConfigureAwait(false))
        {
            yield return piece;
        }

        do
        {
            yield return pieces.Current.Left;
        }
        while (await pieces.MoveNextAsync().ConfigureAwait(false));
    }

    private async IAsyncEnumerable<(ReadOnlyMemory<byte> Left, bool IsChanged)> CompactAsync(
        BatchCompactor compactor,
        LogSegment segment,
        long lastOffset,
        [EnumeratorCancellation] CancellationToken token)
    {
        await foreach (var piece in ReadAsync(segment, segment.BaseOffset, token).ConfigureAwait(false))
        {
            ReadOnlyMemory<byte> left = default;
            var isChanged = Checked(segment, () => compactor.TryCompact(piece, lastOffset, out left));
            yield return (left, isChanged);
        }
    }

    // Gives way after each piece: reads of cached files complete at once, and appends want the thread, too.
    private async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(
        LogSegment segment, long offset, [EnumeratorCancellation] CancellationToken token)
    {
        var pieces = reads.EnumerateAsync(segment.Entry, offset, PieceBytes, memory: null, token);
        await foreach (var piece in pieces.ConfigureAwait(false))
        {
            yield return piece;
            token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private bool Checked(LogSegment segment, Func<bool> work)
    {
        try
        {
            return work();
        }
        catch (InvalidDataException e)
        {
            throw new StorageDamagedException(SegmentCache.Describe(id, segment.Entry), 0, e.Message);
        }
    }
}
