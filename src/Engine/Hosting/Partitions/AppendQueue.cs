using OrleansStream.Contracts;
using OrleansStream.Engine.Hosting.Journals;

namespace OrleansStream.Engine.Hosting.Partitions;

/// <summary>Reserves what an append needs: memory for its batch and room in the journal.</summary>
/// <remarks>
/// When there is none the append waits, and all later ones of the partition queue behind it: a producer's batches must
/// not overtake each other while memory is short.
/// </remarks>
internal sealed class AppendQueue(HostServices services) : IAsyncDisposable
{
    private readonly Lazy<WorkQueue> _waiting = new(() => new WorkQueue());
    private readonly CancellationTokenSource _closing = new(); // Never disposed: who comes too late still asks it.
    private int _waitingCount;

    /// <summary>What a batch of this length is charged with.</summary>
    public static long ChargeFor(int batchBytes) => batchBytes + Journal.EntryOverheadBytes;

    /// <summary>Reserves at once, or not at all.</summary>
    public bool TryReserve(long bytes, bool inJournal)
    {
        if (Volatile.Read(ref _waitingCount) > 0 || !services.Memory.TryReserve(bytes))
        {
            return false;
        }

        if (!inJournal || services.JournalSpace.TryReserve(bytes))
        {
            return true;
        }

        services.Memory.Release(bytes);
        return false;
    }

    public void Release(long bytes, bool inJournal)
    {
        services.Memory.Release(bytes);
        if (inJournal)
        {
            services.JournalSpace.Release(bytes);
        }
    }

    /// <summary>Begins an append when its turn has come and there is room for it.</summary>
    /// <param name="append">
    /// Begins the append, which may take what is left of the timeout; it is awaited after the next one has begun.
    /// </param>
    /// <returns>Null when there was no room within the timeout, or the queue was closed: nothing was begun.</returns>
    public async ValueTask<AppendReply?> RunAsync(
        long bytes,
        bool inJournal,
        TimeSpan timeout,
        Func<TimeSpan, ValueTask<AppendReply>> append,
        CancellationToken cancellationToken)
    {
        var waiting = new WaitingAppend(
            bytes, inJournal, services.Time.GetTimestamp(), timeout > TimeSpan.Zero ? timeout : TimeSpan.Zero, append);
        var appending = await WaitForTurnAsync(waiting, cancellationToken).ConfigureAwait(false);
        return appending is null ? null : await appending.ConfigureAwait(false);
    }

    /// <summary>Refuses all that wait for room, now and later.</summary>
    public void Close() => _closing.Cancel();

    /// <summary>Ends the queue after <see cref="Close"/>.</summary>
    public ValueTask DisposeAsync()
        => _waiting.IsValueCreated ? _waiting.Value.DisposeAsync() : ValueTask.CompletedTask;

    private async Task<Task<AppendReply>?> WaitForTurnAsync(WaitingAppend waiting, CancellationToken cancellationToken)
    {
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(_closing.Token, cancellationToken);
        Interlocked.Increment(ref _waitingCount);
        try
        {
            var begun = _waiting.Value.RunAsync(() => BeginAsync(waiting, giveUp.Token), CancellationToken.None);
            await ((Task)begun).WaitAsync(waiting.Timeout, services.Time, giveUp.Token)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (waiting.TryDecide() || await begun.ConfigureAwait(false) is not { } appending)
            {
                cancellationToken.ThrowIfCancellationRequested();
                return null;
            }

            return appending;
        }
        finally
        {
            Interlocked.Decrement(ref _waitingCount);
        }
    }

    // Null when there was no room, or the caller has given up: its memory must not be read any more.
    private async Task<Task<AppendReply>?> BeginAsync(WaitingAppend waiting, CancellationToken giveUp)
    {
        if (waiting.IsDecided || !await TryReserveAsync(waiting, giveUp).ConfigureAwait(false))
        {
            return null;
        }

        if (!waiting.TryDecide())
        {
            Release(waiting.Bytes, waiting.InJournal);
            return null;
        }

        return waiting.Append(RemainingOf(waiting)).AsTask();
    }

    private async ValueTask<bool> TryReserveAsync(WaitingAppend waiting, CancellationToken giveUp)
    {
        try
        {
            if (!await services.Memory.ReserveAsync(waiting.Bytes, RemainingOf(waiting), giveUp).ConfigureAwait(false))
            {
                return false;
            }
        }
        catch (OperationCanceledException)
        {
            return false;
        }

        var isReserved = false;
        try
        {
            isReserved = !waiting.InJournal || await services.JournalSpace
                .ReserveAsync(waiting.Bytes, RemainingOf(waiting), giveUp).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Whoever cancelled says so to the caller.
        }

        if (!isReserved)
        {
            services.Memory.Release(waiting.Bytes);
        }

        return isReserved;
    }

    private TimeSpan RemainingOf(WaitingAppend waiting)
    {
        var remaining = waiting.Timeout - services.Time.GetElapsedTime(waiting.Start);
        return remaining > TimeSpan.Zero ? remaining : TimeSpan.Zero;
    }

    /// <summary>An append that waits, and the one decision between beginning it and giving it up.</summary>
    private sealed class WaitingAppend(
        long bytes, bool inJournal, long start, TimeSpan timeout, Func<TimeSpan, ValueTask<AppendReply>> append)
    {
        private int _decided;

        public long Bytes => bytes;

        public bool InJournal => inJournal;

        public long Start => start;

        public TimeSpan Timeout => timeout;

        public Func<TimeSpan, ValueTask<AppendReply>> Append => append;

        public bool IsDecided => Volatile.Read(ref _decided) != 0;

        /// <summary>True for the first who asks.</summary>
        public bool TryDecide() => Interlocked.Exchange(ref _decided, 1) == 0;
    }
}
