using System.Threading.Channels;

namespace OrleansStream.Engine.Hosting;

/// <summary>A number of bytes that many share: each reserves before it uses, first come first served.</summary>
/// <remarks>
/// Thread-safe. As long as nobody waits a reservation is one interlocked operation; once somebody does, all queue
/// behind, so that a large request is not starved by small ones. A request larger than the whole budget is granted
/// when everything is free.
/// </remarks>
internal sealed class ByteBudget : IAsyncDisposable
{
    private readonly TimeProvider _time;
    private readonly Channel<Waiter> _waiters;
    private readonly Channel<bool> _changed = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private readonly Task _granting;
    private long _available;
    private int _waiting;

    /// <param name="capacityBytes">How much there is.</param>
    /// <param name="maxWaiters">How many may wait; one more is refused at once.</param>
    public ByteBudget(long capacityBytes, int maxWaiters, TimeProvider time)
    {
        CapacityBytes = capacityBytes;
        _available = capacityBytes;
        _time = time;
        _waiters = Channel.CreateBounded<Waiter>(new BoundedChannelOptions(maxWaiters) { SingleReader = true });
        _granting = GrantAsync();
    }

    public long CapacityBytes { get; }

    public long UsedBytes => CapacityBytes - Volatile.Read(ref _available);

    /// <summary>Reserves at once, or not at all.</summary>
    public bool TryReserve(long bytes) => Volatile.Read(ref _waiting) == 0 && TryTake(bytes);

    /// <summary>Reserves, waiting for others to release.</summary>
    /// <returns>False when there was no room within the timeout, or too many wait already.</returns>
    public async ValueTask<bool> ReserveAsync(long bytes, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (TryReserve(bytes))
        {
            return true;
        }

        var waiter = new Waiter(bytes);
        Interlocked.Increment(ref _waiting);
        if (!_waiters.Writer.TryWrite(waiter))
        {
            Interlocked.Decrement(ref _waiting);
            return false;
        }

        try
        {
            return await waiter.Task.WaitAsync(timeout, _time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return !TryGiveUp(waiter) && await waiter.Task.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            if (!TryGiveUp(waiter) && await waiter.Task.ConfigureAwait(false))
            {
                Release(bytes);
            }

            throw;
        }
    }

    public void Release(long bytes)
    {
        Interlocked.Add(ref _available, bytes);
        if (Volatile.Read(ref _waiting) > 0)
        {
            _changed.Writer.TryWrite(true);
        }
    }

    /// <summary>Refuses all who wait, and whoever comes later finds nobody to wait for.</summary>
    public async ValueTask DisposeAsync()
    {
        _waiters.Writer.TryComplete();
        _changed.Writer.TryComplete();
        await _granting.ConfigureAwait(false);
    }

    // False when it was granted or refused in the last moment. The one behind it may have its turn now.
    private bool TryGiveUp(Waiter waiter)
    {
        var isGivenUp = waiter.TryRefuse();
        if (isGivenUp)
        {
            _changed.Writer.TryWrite(true);
        }

        return isGivenUp;
    }

    private bool TryTake(long bytes)
    {
        var available = Volatile.Read(ref _available);
        while (available >= Math.Min(bytes, CapacityBytes))
        {
            var seen = Interlocked.CompareExchange(ref _available, available - bytes, available);
            if (seen == available)
            {
                return true;
            }

            available = seen;
        }

        return false;
    }

    private async Task GrantAsync()
    {
        await foreach (var waiter in _waiters.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            await GrantAsync(waiter).ConfigureAwait(false);
            Interlocked.Decrement(ref _waiting);
        }
    }

    private async Task GrantAsync(Waiter waiter)
    {
        while (!waiter.IsDone)
        {
            if (TryTake(waiter.Bytes))
            {
                if (!waiter.TryGrant())
                {
                    Release(waiter.Bytes);
                }

                return;
            }

            if (!await _changed.Reader.WaitToReadAsync().ConfigureAwait(false))
            {
                waiter.TryRefuse();
                return;
            }

            _changed.Reader.TryRead(out _);
        }
    }

    private sealed class Waiter(long bytes)
    {
        private readonly TaskCompletionSource<bool> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public long Bytes => bytes;

        public Task<bool> Task => _done.Task;

        public bool IsDone => _done.Task.IsCompleted;

        public bool TryGrant() => _done.TrySetResult(true);

        /// <summary>False when it was granted or refused before.</summary>
        public bool TryRefuse() => _done.TrySetResult(false);
    }
}
