using System.Numerics;
using System.Runtime.InteropServices;
using System.Threading.Channels;

namespace OrleansStream.Engine.Hosting.Memory;

/// <summary>A number of bytes that many share: each reserves before it uses, first come first served.</summary>
/// <remarks>
/// Thread-safe. As long as nobody waits a reservation is one interlocked operation, on a share of its processor: one
/// counter wanted by all of them costs more than the copy of what is reserved. Once somebody waits, the shares go
/// back and all queue behind, so that a large request is not starved by small ones. A request larger than the whole
/// budget is granted when everything is free.
/// </remarks>
internal sealed class ByteBudget : IAsyncDisposable
{
    // With some hundred small appends for each time the common counter is touched, its cost is gone.
    private const int MaxShareBytes = 256 * 1_024;

    // All shares together are at most this part of a budget: what lies in one is not there for the others.
    private const int SharedPart = 64;

    private readonly Share[] _shares = new Share[BitOperations.RoundUpToPowerOf2((uint)Environment.ProcessorCount)];
    private readonly long _shareBytes;
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
        _shareBytes = Math.Min(MaxShareBytes, capacityBytes / SharedPart / _shares.Length);
        _time = time;
        _waiters = Channel.CreateBounded<Waiter>(new BoundedChannelOptions(maxWaiters) { SingleReader = true });
        _granting = GrantAsync();
    }

    public long CapacityBytes { get; }

    public long UsedBytes
    {
        get
        {
            var free = Volatile.Read(ref _available);
            foreach (ref var share in _shares.AsSpan())
            {
                free += Volatile.Read(ref share.Bytes);
            }

            return CapacityBytes - free;
        }
    }

    /// <summary>Reserves at once, or not at all.</summary>
    public bool TryReserve(long bytes)
    {
        if (Volatile.Read(ref _waiting) > 0)
        {
            return false;
        }

        ref var share = ref _shares[Thread.GetCurrentProcessorId() & (_shares.Length - 1)].Bytes;
        if (TryTake(ref share, bytes, atLeast: bytes) || TryTakeWithShare(ref share, bytes) || TryTake(bytes))
        {
            return true;
        }

        // Nearly all is used: what lies in the shares is wanted too.
        GiveSharesBack();
        return TryTake(bytes);
    }

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

    private bool TryTake(long bytes) => TryTake(ref _available, bytes, Math.Min(bytes, CapacityBytes));

    private static bool TryTake(ref long counter, long bytes, long atLeast)
    {
        var available = Volatile.Read(ref counter);
        while (available >= atLeast)
        {
            var seen = Interlocked.CompareExchange(ref counter, available - bytes, available);
            if (seen == available)
            {
                return true;
            }

            available = seen;
        }

        return false;
    }

    private bool TryTakeWithShare(ref long share, long bytes)
    {
        if (_shareBytes == 0 || !TryTake(ref _available, bytes + _shareBytes, bytes + _shareBytes))
        {
            return false;
        }

        Interlocked.Add(ref share, _shareBytes);

        // Whoever began to wait before this addition may have looked for shares before it, too.
        if (Volatile.Read(ref _waiting) > 0)
        {
            GiveSharesBack();
            _changed.Writer.TryWrite(true);
        }

        return true;
    }

    private void GiveSharesBack()
    {
        foreach (ref var share in _shares.AsSpan())
        {
            Interlocked.Add(ref _available, Interlocked.Exchange(ref share.Bytes, 0));
        }
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
            GiveSharesBack();
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

    // Alone in its cache lines, of which processors fetch two at a time.
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Share
    {
        [FieldOffset(128)]
        public long Bytes;
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
