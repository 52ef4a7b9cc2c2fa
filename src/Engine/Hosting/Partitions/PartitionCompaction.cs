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
/// Compacts one partition: reads what a <see cref="CompactionPass"/> decides on, and writes what it leaves.
/// </summary>
/// <remarks>
/// A pass reads the dirty segments, one after another, and then goes through all segments up to there, a few at a time.
/// Each time is a piece of work of its own between the others that the partition's <see cref="PartitionMaintenance"/>
/// has: segments may be flushed, merged and dropped between two of them, so a pass goes by offsets.
///
/// Each segment is replaced by another, in their order, and how far the log is compacted is noted at the end. A pass
/// that ends before has done nothing wrong: a record only goes where a later one of its key is in the log.
/// </remarks>
internal sealed class PartitionCompaction(
    PartitionId id, PartitionLog log, PartitionStore store, SegmentReads reads, ITurn turn, HostServices services)
{
    private const int PieceBytes = 256 * 1_024;

    /// <summary>
    /// How many segments are replaced at once: enough that the disk is busy with one while the next is compacted, few
    /// enough that other work of the partition does not wait for long.
    /// </summary>
    private const int MaxReplaced = 32;

    private const long MaxReplacedBytes = 64 * 1_024 * 1_024;

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

    /// <summary>
    /// Begins a pass, with as much memory as it can need and as the options allow. The caller disposes it.
    /// </summary>
    public CompactionWorkers Begin(in DirtyRange range, TopicConfig config)
    {
        Span<byte> seed = stackalloc byte[16];
        RandomNumberGenerator.Fill(seed);
        var memory = new CompactionMemory(
            range.StartOffset,
            range.EndOffset - range.StartOffset,
            services.Options.CompactionBytes,
            MemoryMarshal.Read<UInt128>(seed));
        return new CompactionWorkers(new CompactionPass(memory, range, services.Now, config.DeleteRetention));
    }

    /// <summary>Notes the keys of the segment that holds an offset.</summary>
    /// <returns>Where to go on; null when the memory is full or nothing follows.</returns>
    public async Task<long?> NoteSegmentAsync(CompactionWorkers workers, long offset, CancellationToken token)
    {
        if (await FindSegmentAsync(offset).ConfigureAwait(false) is not { } segment)
        {
            return null;
        }

        offset = Math.Max(offset, segment.BaseOffset);
        var pieces = OrderedWork.RunAsync(
            ReadAsync(segment, offset, token),
            workers.Keys,
            static (keys, piece) =>
            {
                keys.Begin(piece.Pieces[0]);
                return keys;
            },
            token);
        try
        {
            await foreach (var keys in pieces.ConfigureAwait(false))
            {
                if (!workers.Pass.TryNote(keys))
                {
                    return null;
                }
            }
        }
        catch (InvalidDataException e)
        {
            throw Damaged(segment, e);
        }

        return segment.NextOffset;
    }

    /// <summary>
    /// Replaces a few segments, from the one on that holds an offset, by what is left of them, if anything has to go.
    /// </summary>
    /// <returns>Where to go on, and the segments replaced; no offset when nothing follows.</returns>
    public async Task<(long? Next, IReadOnlyList<LogSegment> Retired)> CompactSegmentsAsync(
        CompactionWorkers workers, long offset, CancellationToken token)
    {
        var (segments, lastOffset) = await FindSegmentsAsync(offset).ConfigureAwait(false);
        if (segments.Count == 0)
        {
            return (null, []);
        }

        var replaced = new List<(LogSegment Old, SegmentReplacement Replacement)>();
        try
        {
            // While one is written the ones before are made durable.
            foreach (var segment in segments.TakeWhile(segment => segment.BaseOffset < workers.Pass.EndOffset))
            {
                if (await TryCompactAsync(workers, segment, lastOffset, token).ConfigureAwait(false) is { } replacement)
                {
                    replaced.Add((segment, replacement));
                }
            }
        }
        catch
        {
            await Task.WhenAll(replaced.Select(pair => pair.Replacement.Written))
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }

        var retired = replaced.Count == 0 ? [] : await ReplaceAsync(replaced).ConfigureAwait(false);
        return (segments[^1].NextOffset, retired);
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

    // From the one on that holds an offset, and where the last one of all ends.
    private ValueTask<(IReadOnlyList<LogSegment> Segments, long LastOffset)> FindSegmentsAsync(long offset)
        => turn.RunAsync((log, offset), static s =>
        {
            var found = new List<LogSegment>();
            var bytes = 0L;
            foreach (var segment in s.log.Segments.SkipWhile(segment => segment.NextOffset <= s.offset))
            {
                bytes += segment.Entry.BatchBytes;
                if (found.Count == MaxReplaced || (found.Count > 0 && bytes > MaxReplacedBytes))
                {
                    break;
                }

                found.Add(segment);
            }

            return ((IReadOnlyList<LogSegment>)found, found.Count == 0 ? 0 : s.log.Segments[^1].NextOffset);
        });

    // Null when nothing of it has to go.
    private async Task<SegmentReplacement?> TryCompactAsync(
        CompactionWorkers workers, LogSegment segment, long lastOffset, CancellationToken token)
    {
        var pieces = CompactAsync(workers, segment, lastOffset, token).GetAsyncEnumerator(token);
        await using (pieces.ConfigureAwait(false))
        {
            for (var unchangedCount = 0; await pieces.MoveNextAsync().ConfigureAwait(false); unchangedCount++)
            {
                if (pieces.Current.IsChanged)
                {
                    var open = await services.Segments.AcquireAsync(id, segment.Entry, token).ConfigureAwait(false);
                    var footer = open.Footer;
                    await open.ReleaseAsync().ConfigureAwait(false);
                    return await store.WriteReplacementAsync(
                        [segment.Entry], LeftAsync(segment, unchangedCount, pieces, token), footer)
                        .ConfigureAwait(false);
                }
            }

            return null;
        }
    }

    private async Task<IReadOnlyList<LogSegment>> ReplaceAsync(
        IReadOnlyList<(LogSegment Old, SegmentReplacement Replacement)> replaced)
    {
        await store.ReplaceAsync([.. replaced.Select(pair => pair.Replacement)]).ConfigureAwait(false);
        return await turn.RunAsync((log, replaced), static s =>
        {
            var retired = new List<LogSegment>();
            foreach (var (old, replacement) in s.replaced)
            {
                retired.AddRange(s.log.ReplaceSegments([old], replacement.New));
            }

            return (IReadOnlyList<LogSegment>)retired;
        }).ConfigureAwait(false);
    }

    // What came before the first change is read once more: it was not kept, as there may have been no change at all.
    private async IAsyncEnumerable<ReadOnlyMemory<byte>> LeftAsync(
        LogSegment segment,
        int unchangedCount,
        IAsyncEnumerator<CompactedBatches> pieces,
        [EnumeratorCancellation] CancellationToken token)
    {
        var unchanged = ReadAsync(segment, segment.BaseOffset, token).Take(unchangedCount);
        await foreach (var piece in unchanged.ConfigureAwait(false))
        {
            using (piece)
            {
                yield return piece.Pieces[0];
            }
        }

        do
        {
            yield return pieces.Current.Left;
        }
        while (await pieces.MoveNextAsync().ConfigureAwait(false));
    }

    private async IAsyncEnumerable<CompactedBatches> CompactAsync(
        CompactionWorkers workers,
        LogSegment segment,
        long lastOffset,
        [EnumeratorCancellation] CancellationToken token)
    {
        var pieces = OrderedWork.RunAsync(
            ReadAsync(segment, segment.BaseOffset, token),
            workers.Compactors,
            (compactor, piece) => (compactor, piece, Compact(compactor, segment, piece, lastOffset)),
            token);
        await foreach (var (compactor, piece, compacted) in pieces.ConfigureAwait(false))
        {
            yield return workers.Pass.TryTake(compacted) ? compacted : Compact(compactor, segment, piece, lastOffset);
        }
    }

    // Gives way after each piece: reads of cached files complete at once, and appends want the thread, too.
    private async IAsyncEnumerable<FetchedRecords> ReadAsync(
        LogSegment segment, long offset, [EnumeratorCancellation] CancellationToken token)
    {
        var pieces = reads.ReadAllAsync(segment.Entry, offset, PieceBytes, memory: null, token);
        await foreach (var piece in pieces.ConfigureAwait(false))
        {
            yield return piece;
            token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private CompactedBatches Compact(
        BatchCompactor compactor, LogSegment segment, FetchedRecords piece, long lastOffset)
    {
        try
        {
            return compactor.Compact(piece.Pieces[0], lastOffset);
        }
        catch (InvalidDataException e)
        {
            throw Damaged(segment, e);
        }
    }

    private StorageDamagedException Damaged(LogSegment segment, InvalidDataException cause)
        => new(SegmentCache.Describe(id, segment.Entry), 0, cause.Message);
}
