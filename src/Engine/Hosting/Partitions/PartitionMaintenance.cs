using Microsoft.Extensions.Logging;
using OrleansStream.Contracts;
using OrleansStream.Engine.Hosting.Segments;
using OrleansStream.Engine.Log;
using OrleansStream.Engine.Log.Compaction;
using OrleansStream.Engine.Storage;

namespace OrleansStream.Engine.Hosting.Partitions;

/// <summary>
/// Keeps one partition's storage in order: writes segments, merges and compacts them, applies retention and deletions.
/// </summary>
/// <remarks>
/// One piece of work at a time, in the order asked for. Each plans in a turn, reads and writes outside, and takes the
/// result in with another turn. A fault while a segment is written is told to the caller and can be tried again; a
/// fault of the manifest leaves unknown what was done, so everything is opened anew from storage.
/// </remarks>
internal sealed partial class PartitionMaintenance(
    PartitionId id,
    PartitionLog log,
    PartitionStore store,
    SegmentReads reads,
    ITurn turn,
    HighWatermark highWatermark,
    HostServices services) : IAsyncDisposable
{
    /// <summary>
    /// How many segments one change of the log start may drop: with the head row and one segment for the producers, one
    /// table batch.
    /// </summary>
    private const int MaxDropped = TableLimits.BatchOperations - 2;

    /// <summary>
    /// Into about how many segments a tail is written, even where the topic's segment size is far smaller: each costs
    /// some syncs, and a backlog of them would hold up everything else that is to be done here.
    /// </summary>
    private const int MaxSegmentsPerWrite = 64;

    private const int MergeReadBytes = 1_024 * 1_024;

    private readonly PartitionCompaction _compaction = new(id, log, store, reads, turn, services);
    private readonly WorkQueue _work = new();
    private readonly CancellationTokenSource _stopping = new();
    private Task _deletions = Task.CompletedTask;
    private Task _sweeping = Task.CompletedTask;

    /// <summary>
    /// Takes in the segments that the partition was opened without, then deletes what no row names. Comes before all
    /// other work. Does nothing when it was opened with all of them.
    /// </summary>
    /// <returns>Completes when the segments are known.</returns>
    public Task LoadHistoryAsync()
    {
        if (store.IsWhole)
        {
            return Task.CompletedTask;
        }

        var loading = _work.RunAsync(async () =>
        {
            await store.LoadHistoryAsync(CancellationToken.None).ConfigureAwait(false);
            return await turn.RunAsync((log, store), static s =>
            {
                s.log.AddHistory(s.store.Segments.Where(segment => segment.BatchBytes > 0));
                return true;
            }).ConfigureAwait(false);
        });
        _sweeping = _work.RunAsync(
            () => store.IsWhole ? TrySweepAsync(id, store, services, CancellationToken.None) : Task.FromResult(false));
        return loading;
    }

    /// <summary>
    /// Deletes what no row of a partition names. What cannot be deleted now is tried again with the next opening.
    /// </summary>
    public static async Task<bool> TrySweepAsync(
        PartitionId id, PartitionStore store, HostServices services, CancellationToken cancellationToken)
    {
        try
        {
            await store.SweepAsync(cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (IOException e)
        {
            LogSweepFailed(services.Logger, e, id.ToString());
            return false;
        }
    }

    /// <summary>Writes everything up to the high watermark to segments.</summary>
    public Task<bool> FlushAsync(TopicConfig config)
        => RunAsync(async () =>
        {
            await WriteWhatIsKeptAsync(config).ConfigureAwait(false);
            return true;
        });

    /// <summary>
    /// Writes everything to segments, and notes that there is nothing anywhere else. No appends come any more.
    /// </summary>
    public Task<bool> ReleaseAsync(TopicConfig config)
        => RunAsync(async () =>
        {
            await WriteWhatIsKeptAsync(config).ConfigureAwait(false);
            await store.ReleaseAsync().ConfigureAwait(false);
            return true;
        });

    /// <summary>
    /// Applies the retention of the topic, then merges small segments while there are enough of them.
    /// </summary>
    public Task<bool> TidyAsync(TopicConfig config)
        => RunAsync(async () =>
        {
            await RetainAsync(config).ConfigureAwait(false);
            while (await MergeAsync(config).ConfigureAwait(false))
            {
                // A merge may make enough segments of the next size for another.
            }

            return true;
        });

    /// <summary>Compacts what is due, where the topic is to be compacted.</summary>
    /// <remarks>
    /// Takes as long as it takes: other work goes on between its steps, and comes first while there is pressure.
    /// </remarks>
    public async Task CompactAsync(TopicConfig config, CancellationToken cancellationToken)
    {
        if (!config.IsCompacted)
        {
            return;
        }

        if (await RunAsync(() => _compaction.WantsFlushAsync(config, highWatermark.Offset)).ConfigureAwait(false))
        {
            await FlushAsync(config).ConfigureAwait(false);
        }

        while (await RunAsync(() => _compaction.FindDueAsync(config)).ConfigureAwait(false) is { } range)
        {
            using var workers = _compaction.Begin(range, config);
            await CompactAsync(workers, range, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Moves the log start forward, durably.</summary>
    /// <param name="beforeOffset">-1 for the high watermark.</param>
    public Task<DeleteRecordsReply> DeleteRecordsAsync(long beforeOffset, TopicConfig config)
        => RunAsync(async () =>
        {
            var limit = highWatermark.Offset;
            var target = beforeOffset == -1 ? limit : beforeOffset;
            if (target < 0 || target > limit)
            {
                return new DeleteRecordsReply(StreamError.OffsetOutOfRange, -1);
            }

            // A recovery reads nothing before the log start: what producers wrote there must be in a segment.
            if (target > store.EndOffset
                && await turn.RunAsync(log, static log => log.HasProducers).ConfigureAwait(false))
            {
                await WriteTailAsync(config).ConfigureAwait(false);
            }

            await AdvanceLogStartAsync(target).ConfigureAwait(false);
            return new DeleteRecordsReply(StreamError.None, store.Head.LogStartOffset);
        });

    /// <summary>Finishes the work asked for. Files that somebody still reads are left to the next opening.</summary>
    public async ValueTask DisposeAsync()
    {
        await _work.DisposeAsync().ConfigureAwait(false);
        await _sweeping.ConfigureAwait(false);
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _deletions.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
    }

    private async Task WriteWhatIsKeptAsync(TopicConfig config)
    {
        if (config.Durability == Durability.Memory)
        {
            await RetainAsync(config).ConfigureAwait(false); // What is forgotten need not be written.
        }

        await WriteTailAsync(config).ConfigureAwait(false);
    }

    private async Task WriteTailAsync(TopicConfig config)
    {
        // What is appended meanwhile is left for the next time, or this would never end on a busy partition.
        var end = highWatermark.Offset;
        var segmentBytes = await turn.RunAsync(
            (log, config),
            static s => Math.Max(s.config.SegmentBytes, s.log.UnsegmentedBytes / MaxSegmentsPerWrite))
            .ConfigureAwait(false);
        while (await WriteSegmentAsync(segmentBytes, end).ConfigureAwait(false))
        {
            // Each pass writes one segment.
        }
    }

    private async Task<bool> WriteSegmentAsync(long segmentBytes, long endOffset)
    {
        var (baseOffset, read) = await turn.RunAsync(
            (log, segmentBytes, endOffset),
            static s => (s.log.SegmentedEndOffset, s.log.PlanSegment(s.segmentBytes, s.endOffset)))
            .ConfigureAwait(false);
        using (read)
        {
            if (read.Pieces.Count == 0)
            {
                return false;
            }

            var entry = await store.AppendSegmentAsync(
                read.Pieces.ToAsyncEnumerable(), baseOffset, store.Head.Journals, services.Now, services.ProducersSince)
                .ConfigureAwait(false);
            await turn.RunAsync((log, entry), static s =>
            {
                s.log.AddSegment(s.entry);
                return true;
            }).ConfigureAwait(false);
            return true;
        }
    }

    private async Task RetainAsync(TopicConfig config)
    {
        IReadOnlyList<LogSegment> forgotten = config is { Durability: Durability.Memory, RetentionBytes: { } keepBytes }
            ? await turn.RunAsync((log, keepBytes), static s => s.log.ForgetTail(s.keepBytes)).ConfigureAwait(false)
            : [];
        var start = await turn.RunAsync(
            (log, config, services.Now, services.ProducersSince),
            static s =>
            {
                s.log.ForgetProducers(s.ProducersSince);
                return s.log.FindRetainedStart(s.config, s.Now);
            }).ConfigureAwait(false);
        await AdvanceLogStartAsync(start).ConfigureAwait(false);
        DeleteWhenReleased(forgotten);
    }

    private async Task AdvanceLogStartAsync(long target)
    {
        target = Math.Max(target, store.Head.LogStartOffset);
        while (true)
        {
            // Also what was written to a segment after the log start had moved beyond it.
            var dropped = store.Segments.TakeWhile(segment => segment.NextOffset <= target).Take(MaxDropped).ToArray();
            var isSettled = dropped.Length == 0 || (store.Segments.Count == 1 && dropped[0].BatchBytes == 0);
            if (isSettled && target == store.Head.LogStartOffset)
            {
                return;
            }

            var offset = dropped.Length == MaxDropped
                ? Math.Max(dropped[^1].NextOffset, store.Head.LogStartOffset)
                : target;
            await store.AdvanceLogStartAsync(offset, dropped, services.Now, services.ProducersSince)
                .ConfigureAwait(false);
            var retired = await turn
                .RunAsync((log, offset), static s => s.log.AdvanceLogStart(s.offset)).ConfigureAwait(false);
            DeleteWhenReleased(retired);

            // The log knows nothing of segments without batches, and nobody reads them.
            DeleteWhenReleased([.. dropped.Where(segment => segment.BatchBytes == 0).Select(Released)]);
        }
    }

    private async Task CompactAsync(CompactionWorkers workers, DirtyRange range, CancellationToken cancellationToken)
    {
        for (long? next = range.StartOffset; next < range.EndOffset;)
        {
            await services.WaitForEaseAsync(cancellationToken).ConfigureAwait(false);
            var offset = next.Value;
            next = await RunAsync(() => _compaction.NoteSegmentAsync(workers, offset, cancellationToken))
                .ConfigureAwait(false);
        }

        for (long? next = 0; next < workers.Pass.EndOffset;)
        {
            await services.WaitForEaseAsync(cancellationToken).ConfigureAwait(false);
            var offset = next.Value;
            next = await RunAsync(async () =>
            {
                var (end, retired) = await _compaction.CompactSegmentsAsync(workers, offset, cancellationToken)
                    .ConfigureAwait(false);
                DeleteWhenReleased(retired);
                return end;
            }).ConfigureAwait(false);
        }

        await RunAsync(async () =>
        {
            await store.MarkCompactedAsync(workers.Pass.EndOffset).ConfigureAwait(false);
            return true;
        }).ConfigureAwait(false);
    }

    private async Task<bool> MergeAsync(TopicConfig config)
    {
        var old = await turn.RunAsync(
            (log, config), static s => MergePolicy.Choose(s.log.Segments, s.config.SegmentBytes)).ConfigureAwait(false);
        if (old.Count == 0)
        {
            return false;
        }

        // Only this class drops segments, one piece of work at a time: they stay while they are read here.
        var last = await services.Segments.AcquireAsync(id, old[^1].Entry, CancellationToken.None)
            .ConfigureAwait(false);
        var footer = last.Footer;
        await last.ReleaseAsync().ConfigureAwait(false);
        var merged = await store.WriteReplacementAsync(
            [.. old.Select(segment => segment.Entry)], ReadAllAsync(old), footer).ConfigureAwait(false);
        await store.ReplaceAsync(merged).ConfigureAwait(false);
        var retired = await turn
            .RunAsync((log, old, merged), static s => s.log.ReplaceSegments(s.old, s.merged.New)).ConfigureAwait(false);
        DeleteWhenReleased(retired);
        return true;
    }

    private async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAllAsync(IReadOnlyList<LogSegment> segments)
    {
        foreach (var segment in segments)
        {
            var pieces = reads.EnumerateAsync(
                segment.Entry, segment.BaseOffset, MergeReadBytes, memory: null, CancellationToken.None);
            await foreach (var piece in pieces.ConfigureAwait(false))
            {
                yield return piece;
            }
        }
    }

    // What cannot be deleted now is swept when the partition is opened next: the manifest no longer names it.
    private void DeleteWhenReleased(IReadOnlyList<LogSegment> segments)
    {
        foreach (var segment in segments)
        {
            _deletions = Task.WhenAll(_deletions, DeleteWhenReleasedAsync(segment));
        }
    }

    private static LogSegment Released(SegmentEntry entry)
    {
        var segment = new LogSegment(entry);
        segment.Release();
        return segment;
    }

    private async Task DeleteWhenReleasedAsync(LogSegment segment)
    {
        var released = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        segment.WhenReleased(released.SetResult);
        await released.Task.WaitAsync(_stopping.Token).ConfigureAwait(false);
        try
        {
            await services.Segments.ForgetAsync(id, segment.Entry.Name).ConfigureAwait(false);
            await services.Storage.Segments.DeleteAsync(id, segment.Entry.Name, CancellationToken.None)
                .ConfigureAwait(false);
        }
        catch (IOException e)
        {
            LogDeletionFailed(services.Logger, e, segment.Entry.Name.ToString(), id.ToString());
        }
    }

    private Task<T> RunAsync<T>(Func<Task<T>> work)
        => _work.RunAsync(async () =>
        {
            try
            {
                return store.IsWhole
                    ? await work().ConfigureAwait(false)
                    : throw new IOException($"The segments of partition {id} could not be read from its manifest.");
            }
            catch (ManifestFaultException e)
            {
                services.Fail(e);
                throw;
            }
        });

    [LoggerMessage(
        2017, LogLevel.Warning, "What {Partition} may have left behind is not deleted before it is opened again.")]
    private static partial void LogSweepFailed(ILogger logger, Exception exception, string partition);

    [LoggerMessage(2002, LogLevel.Warning, "Segment {Segment} of {Partition} could not be deleted.")]
    private static partial void LogDeletionFailed(
        ILogger logger, Exception exception, string segment, string partition);
}
