using OrleansStream.Contracts;

namespace OrleansStream.Engine.Hosting;

/// <summary>Reserves what an append needs: memory for its batch and room in the journal.</summary>
/// <remarks>
/// When there is none the append waits, and all later ones of the partition queue behind it: a producer's batches must
/// not overtake each other while memory is short.
/// </remarks>
internal sealed class AppendQueue(HostServices services) : IAsyncDisposable
{
    private readonly Lazy<WorkQueue> _waiting = new(() => new WorkQueue());
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

    /// <summary>Runs an append when its turn has come and there is room for it.</summary>
    /// <param name="append">Begins the append; what it returns is awaited after the next one has begun.</param>
    /// <returns>A refusal when there was no room within the timeout.</returns>
    public async ValueTask<AppendReply> RunAsync(
        long bytes,
        bool inJournal,
        TimeSpan timeout,
        Func<ValueTask<AppendReply>> append,
        CancellationToken cancellationToken)
    {
        var start = services.Time.GetTimestamp();
        Interlocked.Increment(ref _waitingCount);
        Task<AppendReply> appended;
        try
        {
            appended = await _waiting.Value.RunAsync(
                async () =>
                {
                    var remaining = timeout - services.Time.GetElapsedTime(start);
                    return await TryReserveAsync(bytes, inJournal, remaining, cancellationToken).ConfigureAwait(false)
                        ? append().AsTask()
                        : Task.FromResult(AppendReply.Refused(
                            StreamError.TimedOut, "No memory became free within the timeout."));
                },
                CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _waitingCount);
        }

        return await appended.ConfigureAwait(false);
    }

    public ValueTask DisposeAsync() => _waiting.IsValueCreated ? _waiting.Value.DisposeAsync() : ValueTask.CompletedTask;

    private async ValueTask<bool> TryReserveAsync(
        long bytes, bool inJournal, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var start = services.Time.GetTimestamp();
        if (timeout <= TimeSpan.Zero
            || !await services.Memory.ReserveAsync(bytes, timeout, cancellationToken).ConfigureAwait(false))
        {
            return false;
        }

        var remaining = timeout - services.Time.GetElapsedTime(start);
        if (!inJournal
            || (remaining > TimeSpan.Zero
                && await services.JournalSpace.ReserveAsync(bytes, remaining, cancellationToken).ConfigureAwait(false)))
        {
            return true;
        }

        services.Memory.Release(bytes);
        return false;
    }
}
