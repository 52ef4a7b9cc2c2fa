using OrleansStream.Contracts;
using OrleansStream.Engine.Log;
using OrleansStream.Protocols.Batches;

namespace OrleansStream.Engine.Hosting;

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
    private readonly AppendQueue _appends;
    private readonly PartitionMaintenance _maintenance;
    private readonly TaskCompletionSource _whenClosed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile TopicConfig _config;
    private volatile Refusal? _closed;
    private long _lastAppend;

    internal PartitionHost(PartitionId id, TopicConfig config, PartitionStore store, ITurn turn, HostServices services)
    {
        Id = id;
        _config = config;
        _turn = turn;
        _services = services;
        _lastAppend = services.Time.GetTimestamp();
        _log = new PartitionLog(store.ToOpening(), services.TailMemory);
        _highWatermark = new HighWatermark(_log.LogEndOffset, services.Time);
        _cursor = new JournalCursor(id, _highWatermark);
        _reads = new SegmentReads(id, services.Segments, services.ReadMemory);
        _appends = new AppendQueue(services);
        _maintenance = new PartitionMaintenance(id, _log, store, _reads, turn, _highWatermark, services);
    }

    public PartitionId Id { get; }

    public int LeaderEpoch => _log.Epoch;

    /// <summary>Whether calls are answered; once closed a host stays closed.</summary>
    public bool IsOpen => _closed is null;

    /// <summary>Completes when calls are no longer answered, whoever closed the partition.</summary>
    public Task Closed => _whenClosed.Task;

    /// <summary>How much would be written by <see cref="FlushAsync"/>; a moment old.</summary>
    internal long UnsegmentedBytes => _log.UnsegmentedBytes;

    /// <summary>The oldest journal file that holds a record that is in no segment; null when there is none.</summary>
    internal long? OldestJournalFile
        => _log.UnsegmentedBytes == 0 ? null : _cursor.OldestFile(_log.SegmentedEndOffset);

    /// <summary>A full segment's worth is waiting, or something is and nothing came for a while.</summary>
    internal bool WantsFlush
        => _log.UnsegmentedBytes >= _config.SegmentBytes
            || (_log.UnsegmentedBytes > 0
                && _services.Time.GetElapsedTime(Volatile.Read(ref _lastAppend)) >= _services.Options.IdleFlush);

    public ValueTask<AppendReply> AppendAsync(AppendRequest request, CancellationToken cancellationToken)
    {
        var config = _config;
        var check = BatchValidator.Check(request.Batch.Span, BatchLimits.Of(config, _services.Now));
        if (check.Error != StreamError.None)
        {
            return new(AppendReply.Refused(check.Error, check.Message));
        }

        var bytes = AppendQueue.ChargeFor(request.Batch.Length);
        var inJournal = config.Durability == Durability.Flushed;
        return _appends.TryReserve(bytes, inJournal)
            ? AppendReservedAsync(request, check.Header, config)
            : AppendLaterAsync(request, check.Header, config, cancellationToken);
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
            var plan = await _turn.RunAsync(
                (_log, request, highWatermark), static s => PlanRead(s._log, s.request, s.highWatermark))
                .ConfigureAwait(false);
            var remaining = request.MaxWait - _services.Time.GetElapsedTime(start);
            var isEnough = plan.Error != StreamError.None
                || plan.Segments.Count > 0
                || (plan.Tail?.LengthBytes ?? 0) >= Math.Min(request.MinBytes, request.MaxBytes);
            if (isEnough || remaining <= TimeSpan.Zero)
            {
                return await ReadAsync(plan, request, highWatermark, cancellationToken).ConfigureAwait(false);
            }

            plan.Dispose();
            if (!await _highWatermark.WaitBeyondAsync(highWatermark, remaining, cancellationToken).ConfigureAwait(false))
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
            return await TimestampSearch.FindAsync(_log, _turn, _reads, query, _highWatermark.Offset, cancellationToken)
                .ConfigureAwait(false);
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

    public async ValueTask<DeleteRecordsReply> DeleteRecordsAsync(long beforeOffset, CancellationToken cancellationToken)
        => _closed is { } closed
            ? new(closed.Error, -1)
            : await _maintenance.DeleteRecordsAsync(beforeOffset).WaitAsync(cancellationToken).ConfigureAwait(false);

    public async ValueTask<PartitionStatus> GetStatusAsync(CancellationToken cancellationToken)
        => _closed is { } closed
            ? new(closed.Error, -1, -1, -1, -1, -1)
            : await _turn.RunAsync(
                (_log, _highWatermark.Offset),
                static s => new PartitionStatus(
                    StreamError.None, s._log.Epoch, s._log.LogStartOffset, s.Offset, s._log.LogEndOffset, s._log.SizeBytes))
                .ConfigureAwait(false);

    /// <summary>Writes everything up to the high watermark to segments.</summary>
    /// <exception cref="IOException">A segment could not be written; it can be tried again.</exception>
    public Task FlushAsync() => _maintenance.FlushAsync(_config);

    /// <summary>Stops answering: from now on every call gets this error. What waits for a flush still gets its answer.</summary>
    public void Close(StreamError error, string message)
    {
        _closed = new Refusal(error, message);
        _highWatermark.Close();
        _whenClosed.TrySetResult();
    }

    /// <summary>Waits until the journal has done with every batch of this partition, whether it stored them or failed.</summary>
    public async Task DrainAsync()
    {
        var ticket = await _turn.RunAsync(this, static host =>
        {
            var ticket = host._services.Waiters.Begin(default, DrainTimeout);
            var end = host._log.LogEndOffset;
            if (!host._services.Journal.TryEnqueue(new JournalEntry(host._cursor, default, end, end, ticket)))
            {
                ticket.Succeed();
            }

            return ticket;
        }).ConfigureAwait(false);
        await ticket.Waiter!.WaitAsync().ConfigureAwait(false);
    }

    /// <summary>Gives up memory and work. <see cref="Close"/> comes first, then <see cref="DrainAsync"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        await _appends.DisposeAsync().ConfigureAwait(false);
        await _maintenance.DisposeAsync().ConfigureAwait(false);
        await _turn.RunAsync(_log, static log =>
        {
            log.Close();
            return true;
        }).ConfigureAwait(false);
    }

    /// <summary>Applies retention and merges small segments.</summary>
    internal Task TidyAsync() => _maintenance.TidyAsync(_config);

    internal void Reconfigure(TopicConfig config) => _config = config;

    private static ReadPlan PlanRead(PartitionLog log, in FetchRequest request, long highWatermark)
        => FindEpochFault(log, request.LeaderEpoch) is var fault && fault != StreamError.None
            ? ReadPlan.Nothing(fault, log.LogStartOffset)
            : log.PlanRead(request.Offset, request.MaxBytes, highWatermark);

    private static StreamError FindEpochFault(PartitionLog log, int epoch)
        => epoch < 0 || epoch == log.Epoch ? StreamError.None
            : epoch < log.Epoch ? StreamError.FencedLeaderEpoch
            : StreamError.UnknownLeaderEpoch;

    private StreamError FindFault(int epoch) => _closed is { } closed ? closed.Error : FindEpochFault(_log, epoch);

    // Apart from AppendAsync, so that only an append that has to wait pays for what its lambda captures.
    private ValueTask<AppendReply> AppendLaterAsync(
        AppendRequest request, BatchHeader header, TopicConfig config, CancellationToken cancellationToken)
        => _appends.RunAsync(
            AppendQueue.ChargeFor(request.Batch.Length),
            config.Durability == Durability.Flushed,
            request.Timeout,
            () => AppendReservedAsync(request, header, config),
            cancellationToken);

    private ValueTask<AppendReply> AppendReservedAsync(in AppendRequest request, in BatchHeader header, TopicConfig config)
    {
        var turn = _turn.RunAsync(
            (Host: this, request, header, config), static s => s.Host.Append(s.request, s.header, s.config));
        return turn.IsCompletedSuccessfully ? AnswerAsync(turn.Result) : AwaitAsync(turn);
    }

    private static async ValueTask<AppendReply> AwaitAsync(ValueTask<Appended> turn)
        => await AnswerAsync(await turn.ConfigureAwait(false)).ConfigureAwait(false);

    private static ValueTask<AppendReply> AnswerAsync(in Appended appended)
        => appended.Ticket.Waiter is { } waiter ? waiter.WaitAsync() : new(appended.Reply);

    private async ValueTask<FetchReply> ReadAsync(
        ReadPlan plan, FetchRequest request, long highWatermark, CancellationToken cancellationToken)
    {
        if (plan.Error != StreamError.None)
        {
            return new(plan.Error, plan.LogStartOffset, highWatermark, highWatermark, FetchedRecords.Empty);
        }

        if (plan.Segments.Count == 0)
        {
            var records = plan.Tail is { } tail ? new FetchedRecords(tail.Pieces, tail) : FetchedRecords.Empty;
            return new(StreamError.None, plan.LogStartOffset, highWatermark, highWatermark, records);
        }

        using (plan)
        {
            // A reader gets at least a second for its memory, even when it did not want to wait for records.
            var timeout = request.MaxWait > TimeSpan.FromSeconds(1) ? request.MaxWait : TimeSpan.FromSeconds(1);
            var records = await _reads.ReadAsync(plan, request.MaxBytes, timeout, cancellationToken).ConfigureAwait(false);
            return records is null
                ? new(StreamError.TimedOut, plan.LogStartOffset, highWatermark, highWatermark, FetchedRecords.Empty)
                : new(StreamError.None, plan.LogStartOffset, highWatermark, highWatermark, records);
        }
    }

    // In the turn. The batch is queued for the journal here, so that the journal has all batches in offset order.
    private Appended Append(in AppendRequest request, in BatchHeader header, TopicConfig config)
    {
        var bytes = AppendQueue.ChargeFor(request.Batch.Length);
        var inJournal = config.Durability == Durability.Flushed;
        if (_closed is { } closed)
        {
            _appends.Release(bytes, inJournal);
            return new(AppendReply.Refused(closed.Error, closed.Message), default);
        }

        var now = _services.Now;
        long? stamp = config.TimestampType == TimestampType.LogAppendTime ? now : null;
        var outcome = _log.Append(request.Batch.Span, header, stamp, now, bytes);
        if (outcome.Error != StreamError.None)
        {
            _appends.Release(bytes, inJournal);
            return new(AppendReply.Refused(outcome.Error), default);
        }

        Volatile.Write(ref _lastAppend, _services.Time.GetTimestamp());
        var reply = new AppendReply(
            StreamError.None, outcome.BaseOffset, outcome.LogAppendTimestamp, _log.LogStartOffset, null);
        if (outcome.Stored.IsEmpty)
        {
            _appends.Release(bytes, inJournal);
        }

        if (!inJournal)
        {
            if (config.RetentionBytes is { } keepBytes)
            {
                _log.ForgetOldChunks(keepBytes);
            }

            _highWatermark.Advance(_log.LogEndOffset);
            return new(reply, default);
        }

        return Enqueue(request, reply, outcome);
    }

    private Appended Enqueue(in AppendRequest request, in AppendReply reply, in AppendOutcome outcome)
    {
        // The first copy of a retry may still be on its way to the disk, whatever acks it came with.
        var mustWait = request.Acks == Acks.All || outcome.Stored.IsEmpty;
        if (mustWait && _highWatermark.Offset >= outcome.NextOffset)
        {
            return new(reply, default);
        }

        var ticket = mustWait ? _services.Waiters.Begin(reply, request.Timeout) : default;
        if (!_services.Journal.TryEnqueue(
            new JournalEntry(_cursor, outcome.Stored, outcome.BaseOffset, outcome.NextOffset, ticket)))
        {
            ticket.Fail(StreamError.StorageFailed, "The journal has failed.");
            return new(AppendReply.Refused(StreamError.StorageFailed, "The journal has failed."), ticket);
        }

        return new(reply, ticket);
    }

    private readonly record struct Appended(AppendReply Reply, AppendTicket Ticket);

    private sealed record Refusal(StreamError Error, string Message);
}
