namespace OrleansStream.Engine.Hosting.Partitions;

/// <summary>The offset up to which consumers may read, and those who wait for it to move.</summary>
/// <remarks>
/// One writer at a time: the journal's loop, or the partition's turn where records are kept in memory only. Read from
/// anywhere.
/// </remarks>
internal sealed class HighWatermark(long offset, TimeProvider time)
{
    private long _offset = offset;
    private TaskCompletionSource? _moved;
    private volatile bool _closed;

    public long Offset => Volatile.Read(ref _offset);

    public void Advance(long offset)
    {
        // A full fence: the new offset must be visible before looking for waiters.
        Interlocked.Exchange(ref _offset, offset);
        Wake();
    }

    /// <summary>Ends all waits, now and later: the partition is not hosted here any more.</summary>
    public void Close()
    {
        _closed = true;
        Interlocked.MemoryBarrier();
        Wake();
    }

    /// <summary>Waits until the high watermark is no longer <paramref name="seen"/>.</summary>
    /// <returns>False when it did not move in time, or never will.</returns>
    public async ValueTask<bool> WaitBeyondAsync(long seen, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var moved = Volatile.Read(ref _moved);
        if (moved is null)
        {
            var mine = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            moved = Interlocked.CompareExchange(ref _moved, mine, null) ?? mine;
        }

        if (_closed)
        {
            return false;
        }

        if (Offset == seen)
        {
            try
            {
                await moved.Task.WaitAsync(timeout, time, cancellationToken).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                return false;
            }
        }

        return !_closed;
    }

    private void Wake()
    {
        if (Volatile.Read(ref _moved) is not null)
        {
            Interlocked.Exchange(ref _moved, null)?.TrySetResult();
        }
    }
}
