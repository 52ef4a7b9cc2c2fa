using OrleansStream.Contracts;
using OrleansStream.Engine.Hosting.Journals;
using OrleansStream.Engine.Hosting.Segments;
using OrleansStream.Engine.Log;
using OrleansStream.Protocols.Batches;

namespace OrleansStream.Engine.Hosting.Partitions;

/// <summary>One open partition: the waiting that a <see cref="PartitionLog"/> itself never does.</summary>
/// <remarks>
/// Both hosts use it. It touches the log only in turns; memory is reserved before a turn, flushes, long polls and reads
/// of segments are awaited after it.
/// </remarks>
public sealed class PartitionHost : IPartition, IAsyncDisposable
{
    // For good: a journal that hangs for days still reads the memory of its batches.
    private static readonly TimeSpan DrainTimeout = TimeSpan.FromDays(365);

    private readonly PartitionLog _log;
    private readonly ITurn _turn;
    private readonly HostServices _services;
    private readonly HighWatermark _highWatermark;
    private readonly JournalCursor _cursor;
    private readonly SegmentReads _reads;
    private readonly PartitionReader _reader;
    private readonly AppendQueue _appends;
    private readonly PartitionMaintenance _maintenance;
    private readonly IdleWatch _idleWatch;
    private readonly TaskCompletionSource _whenClosed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile TopicConfig _config;
    private volatile Refusal? _closed;
    private int _isDisposed;

    internal PartitionHost(PartitionId id, TopicConfig config, PartitionStore store, ITurn turn, HostServices services)
    {
        Id = id;
        _config = config;
        _turn = turn;
        _services = services;
        _idleWatch = new IdleWatch(services.Time);
        _log = new PartitionLog(store.ToOpening(), services.TailMemory);
        _highWatermark = new HighWatermark(_log.LogEndOffset, services.Time);
        _cursor = new JournalCursor(id, _highWatermark);
        _reads = new SegmentReads(id, services.Segments, services.ReadMemory);
        _appends = new AppendQueue(services);
        _maintenance = new PartitionMaintenance(id, _log, store, _reads, turn, _highWatermark, services);
        HistoryLoaded = _maintenance.LoadHistoryAsync();
        _reader = new PartitionReader(id, _log, turn, _highWatermark, _reads, HistoryLoaded, services.Logger);
    }

    public PartitionId Id { get; }

    public int LeaderEpoch => _log.Epoch;

    /// <summary>Whether calls are answered; once closed a host stays closed.</summary>
    public bool IsOpen => _closed is null;

    /// <summary>Completes when calls are no longer answered, whoever closed the partition.</summary>
    public Task Closed => _whenClosed.Task;

    /// <summary>Completes when all segments are known; reads of older ones and work on them wait for it.</summary>
    internal Task HistoryLoaded { get; }

    /// <summary>How much would be written by <see cref="FlushAsync"/>; a moment old.</summary>
    internal long UnsegmentedBytes => _log.UnsegmentedBytes;

    /// <summary>The oldest journal file that holds a record that is in no segment; null when there is none.</summary>
    internal long? OldestJournalFile
        => _log.UnsegmentedBytes == 0 ? null : _cursor.OldestFile(_log.SegmentedEndOffset);

    public ValueTask<AppendReply> AppendAsync(AppendRequest request, CancellationToken cancellationToken)
    {
        var config = _config;
        var now = _services.Now;
        var check = BatchValidator.Check(request.Batch.Span, BatchLimits.Of(config, now));
        if (check.Error != StreamError.None)
        {
            return new(AppendReply.Refused(check.Error, check.Message));
        }

        var bytes = AppendQueue.ChargeFor(request.Batch.Length);
        var inJournal = config.Durability == Durability.Flushed;
        return _appends.TryReserve(bytes, inJournal)
            ? AppendReservedAsync(request, check, config, now)
            : AppendLaterAsync(request, check, config, cancellationToken);
    }

    public async ValueTask<FetchReply> FetchAsync(FetchRequest request, CancellationToken cancellationToken)
    {
        var start = _services.Time.GetTimestamp();
        while (true)
        {
            if (_closed is { } closed)
            {
                return FetchReply.Refused(closed.Error);
            }

            var highWatermark = _highWatermark.Offset;
            var plan = await _reader.PlanAsync(request, highWatermark, cancellationToken).ConfigureAwait(false);
            var remaining = request.MaxWait - _services.Time.GetElapsedTime(start);
            var isEnough = plan.Error != StreamError.None
                || plan.Segments.Count > 0
                || plan.IsCut
                || (plan.Tail?.LengthBytes ?? 0) >= Math.Min(request.MinBytes, request.MaxBytes);
            if (isEnough || remaining <= TimeSpan.Zero)
            {
                return await _reader.ReadAsync(plan, request, highWatermark, cancellationToken).ConfigureAwait(false);
            }

            plan.Dispose();
            if (!await _highWatermark.WaitBeyondAsync(
                highWatermark, remaining, cancellationToken).ConfigureAwait(false))
            {
                request = request with { MaxWait = TimeSpan.Zero };
            }
        }
    }

    public async ValueTask<OffsetReply> FindOffsetAsync(OffsetQuery query, CancellationToken cancellationToken)
    {
        if (FindFault(query.LeaderEpoch) is var fault && fault != StreamError.None)
        {
            return new(fault, -1, -1, -1);
        }

        if (query.Kind is OffsetKind.AtTimestamp or OffsetKind.MaxTimestamp)
        {
            return await _reader.SearchAsync(query, cancellationToken).ConfigureAwait(false);
        }

        return await _turn.RunAsync(
            (_log, query.Kind, _highWatermark.Offset),
            static s =>
            {
                var offset = s.Kind == OffsetKind.Earliest ? s._log.LogStartOffset : s.Offset;
                return new OffsetReply(StreamError.None, offset, -1, s._log.FindEpoch(offset));
            }).ConfigureAwait(false);
    }

    public async ValueTask<EpochEndReply> FindEpochEndAsync(EpochEndQuery query, CancellationToken cancellationToken)
    {
        if (FindFault(query.LeaderEpoch) is var fault && fault != StreamError.None)
        {
            return new(fault, -1, -1);
        }

        var (epoch, offset) = await _turn.RunAsync(
            (_log, query.Epoch, _highWatermark.Offset), static s => s._log.FindEpochEnd(s.Epoch, s.Offset))
            .ConfigureAwait(false);
        return new(StreamError.None, epoch, offset);
    }

    public async ValueTask<DeleteRecordsReply> DeleteRecordsAsync(
        long beforeOffset, CancellationToken cancellationToken)
        => _closed is { } closed
            ? new(closed.Error, -1)
            : await _maintenance.DeleteRecordsAsync(beforeOffset, _config)
                .WaitAsync(cancellationToken).ConfigureAwait(false);

    public async ValueTask<PartitionStatus> GetStatusAsync(CancellationToken cancellationToken)
    {
        await HistoryLoaded.WaitAsync(cancellationToken)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        return _closed is { } closed
            ? new(closed.Error, -1, -1, -1, -1, -1)
            : await _turn.RunAsync(
                (_log, _highWatermark.Offset),
                static s => new PartitionStatus(
                    StreamError.None, s._log.Epoch, s._log.LogStartOffset, s.Offset, s._log.LogEndOffset,
                    s._log.SizeBytes))
                .ConfigureAwait(false);
    }

    /// <summary>Writes everything up to the high watermark to segments.</summary>
    /// <exception cref="IOException">A segment could not be written; it can be tried again.</exception>
    public Task FlushAsync() => _maintenance.FlushAsync(_config);

    /// <summary>Writes everything to segments and frees the partition for another owner.</summary>
    /// <remarks><see cref="Close"/> comes first, then <see cref="DrainAsync"/>.</remarks>
    /// <exception cref="IOException">The storage failed.</exception>
    internal Task ReleaseAsync() => _maintenance.ReleaseAsync(_config);

    /// <summary>
    /// Stops answering: from now on every call gets this error, the first one for good. What waits for a flush still
    /// gets its answer.
    /// </summary>
    public void Close(StreamError error, string message)
    {
        if (Interlocked.CompareExchange(ref _closed, new Refusal(error, message), null) is null)
        {
            _highWatermark.Close();
            _appends.Close();
            _whenClosed.TrySetResult();
        }
    }

    /// <summary>
    /// Waits until the journal has done with every batch of this partition, whether it stored them or failed.
    /// <see cref="Close"/> comes first.
    /// </summary>
    public async Task DrainAsync()
    {
        await SettleAsync().ConfigureAwait(false);
        await _services.Journal.DrainAsync(_services.Waiters.Begin(default, DrainTimeout)).ConfigureAwait(false);
    }

    /// <summary>Gives up memory and work. <see cref="Close"/> comes first, then <see cref="DrainAsync"/>.</summary>
    /// <remarks>When a topic is deleted while its partition is opened, two do this, one after the other.</remarks>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        await _appends.DisposeAsync().ConfigureAwait(false);
        await _maintenance.DisposeAsync().ConfigureAwait(false);
        await _reads.DisposeAsync().ConfigureAwait(false);
        await _turn.RunAsync(_log, static log =>
        {
            log.Close();
            return true;
        }).ConfigureAwait(false);
    }

    /// <summary>
    /// Waits for appends that found the partition open before <see cref="Close"/> to be in the journal's queue.
    /// </summary>
    internal async Task SettleAsync() => await _turn.RunAsync(0, static _ => 0).ConfigureAwait(false);

    /// <summary>Applies retention and merges small segments.</summary>
    internal Task TidyAsync() => _maintenance.TidyAsync(_config);

    /// <summary>Compacts what is due.</summary>
    internal Task CompactAsync(CancellationToken cancellationToken)
        => _maintenance.CompactAsync(_config, cancellationToken);

    /// <summary>A full segment's worth is waiting, or something is and nothing came for a while.</summary>
    internal bool WantsFlush()
    {
        var idle = _idleWatch.Look(_log.LogEndOffset);
        return _log.UnsegmentedBytes >= _config.SegmentBytes
            || (_log.UnsegmentedBytes > 0 && idle >= _services.Options.IdleFlush);
    }

    internal void Reconfigure(TopicConfig config) => _config = config;

    private StreamError FindFault(int epoch) => _closed is { } closed ? closed.Error : _reader.FindEpochFault(epoch);

    // Apart from AppendAsync, so that only an append that has to wait pays for what its lambda captures.
    private async ValueTask<AppendReply> AppendLaterAsync(
        AppendRequest request, BatchCheck check, TopicConfig config, CancellationToken cancellationToken)
    {
        var reply = await _appends.RunAsync(
            AppendQueue.ChargeFor(request.Batch.Length),
            config.Durability == Durability.Flushed,
            request.Timeout,
            remaining => AppendReservedAsync(request with { Timeout = remaining }, check, config, _services.Now),
            cancellationToken).ConfigureAwait(false);
        return reply ?? RefuseWaiting("No memory became free within the timeout.");
    }

    private ValueTask<AppendReply> AppendReservedAsync(
        in AppendRequest request, in BatchCheck check, TopicConfig config, long now)
    {
        if (!_turn.TryEnter())
        {
            return AppendInTurnAsync(request, check, config, now);
        }

        Appended appended;
        try
        {
            appended = Append(request, check, config, now);
        }
        finally
        {
            _turn.Exit();
        }

        return AnswerAsync(appended, request.Timeout);
    }

    private async ValueTask<AppendReply> AppendInTurnAsync(
        AppendRequest request, BatchCheck check, TopicConfig config, long now)
    {
        var appended = await _turn.RunAsync(
            (Host: this, request, check, config, now), static s => s.Host.Append(s.request, s.check, s.config, s.now))
            .ConfigureAwait(false);
        return await AnswerAsync(appended, request.Timeout).ConfigureAwait(false);
    }

    private ValueTask<AppendReply> AnswerAsync(in Appended appended, TimeSpan timeout)
        => appended.Ticket.Waiter is { } waiter ? waiter.WaitAsync()
            : appended.FlushedBefore <= _highWatermark.Offset ? new(appended.Reply)
            : AwaitFlushAsync(appended.Reply, appended.FlushedBefore, timeout);

    // For a retry whose first copy may still be on its way to the disk, whatever acks it came with.
    private async ValueTask<AppendReply> AwaitFlushAsync(AppendReply reply, long nextOffset, TimeSpan timeout)
    {
        var start = _services.Time.GetTimestamp();
        var mayMove = true;
        while (_highWatermark.Offset is var seen && seen < nextOffset)
        {
            var remaining = timeout - _services.Time.GetElapsedTime(start);
            if (!mayMove || remaining <= TimeSpan.Zero)
            {
                return RefuseWaiting("The flush took longer than the timeout.");
            }

            mayMove = await _highWatermark.WaitBeyondAsync(seen, remaining, CancellationToken.None)
                .ConfigureAwait(false);
        }

        return reply;
    }

    private AppendReply RefuseWaiting(string reason)
        => _closed is { } closed
            ? AppendReply.Refused(closed.Error, closed.Message)
            : AppendReply.Refused(StreamError.TimedOut, reason);

    // In the turn. The batch is queued for the journal here, so that the journal has all batches in offset order.
    private Appended Append(in AppendRequest request, in BatchCheck check, TopicConfig config, long now)
    {
        var bytes = AppendQueue.ChargeFor(request.Batch.Length);
        var inJournal = config.Durability == Durability.Flushed;
        if (_closed is { } closed)
        {
            _appends.Release(bytes, inJournal);
            return new(AppendReply.Refused(closed.Error, closed.Message));
        }

        if (request.ExpectedOffset >= 0 && request.ExpectedOffset != _log.LogEndOffset)
        {
            _appends.Release(bytes, inJournal);
            return new(AppendReply.Refused(
                StreamError.OffsetOutOfRange,
                $"The next offset is {_log.LogEndOffset}, not {request.ExpectedOffset}."));
        }

        long? stamp = config.TimestampType == TimestampType.LogAppendTime ? now : null;
        var outcome = _log.Append(request.Batch.Span, check.Header, check.MaxTimestamp, stamp, now, bytes);
        if (outcome.Stored.IsEmpty)
        {
            _appends.Release(bytes, inJournal);
            return outcome.Error != StreamError.None
                ? new(AppendReply.Refused(outcome.Error))
                : new(Answer(outcome), FlushedBefore: outcome.NextOffset);
        }

        if (inJournal)
        {
            return Enqueue(request, outcome);
        }

        if (config.RetentionBytes is { } keepBytes)
        {
            _log.ForgetOldChunks(keepBytes);
        }

        _highWatermark.Advance(outcome.NextOffset);
        return new(Answer(outcome));
    }

    private Appended Enqueue(in AppendRequest request, in AppendOutcome outcome)
    {
        var ticket = request.Acks == Acks.All ? _services.Waiters.Begin(Answer(outcome), request.Timeout) : default;
        if (_services.Journal.TryEnqueue(
            new JournalEntry(_cursor, outcome.Stored, outcome.BaseOffset, outcome.NextOffset, ticket)))
        {
            return new(Answer(outcome), ticket);
        }

        // The journal has failed. This log is ahead of it now and must be opened anew, as the others must.
        _services.Fail(new IOException("The journal takes no more batches."));
        ticket.Fail(StreamError.StorageFailed, "The journal has failed.");
        return new(AppendReply.Refused(StreamError.StorageFailed, "The journal has failed."), ticket);
    }

    private AppendReply Answer(in AppendOutcome outcome)
        => new(StreamError.None, outcome.BaseOffset, outcome.LogAppendTimestamp, _log.LogStartOffset, null);

    /// <summary>What a turn leaves to be done.</summary>
    /// <param name="Ticket">Waits for the flush of this batch, if there is a waiter.</param>
    /// <param name="FlushedBefore">The reply is due when everything before this offset is flushed.</param>
    private readonly record struct Appended(AppendReply Reply, AppendTicket Ticket = default, long FlushedBefore = -1);

    private sealed record Refusal(StreamError Error, string Message);
}
