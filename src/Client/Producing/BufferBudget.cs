namespace OrleansStream.Client.Producing;

/// <summary>The bytes a producer may hold: whoever wants more waits its turn.</summary>
/// <remarks>First come, first served. A record larger than all there is gets in when nothing else is held.</remarks>
internal sealed class BufferBudget(long totalBytes)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<Waiter> _waiters = new();
    private long _heldBytes;

    /// <summary>Takes the bytes if nobody has to wait for them.</summary>
    public bool TryTake(int bytes)
    {
        lock (_gate)
        {
            return _waiters.Count == 0 && TryTakeNow(bytes);
        }
    }

    /// <summary>Takes the bytes, as soon as they are there.</summary>
    public async ValueTask TakeAsync(int bytes, CancellationToken cancellationToken)
    {
        Waiter waiter;
        lock (_gate)
        {
            if (_waiters.Count == 0 && TryTakeNow(bytes))
            {
                return;
            }

            waiter = new Waiter(bytes);
            _waiters.AddLast(waiter);
        }

        try
        {
            await waiter.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            lock (_gate)
            {
                _waiters.Remove(waiter);
            }

            if (waiter.Task.IsCompleted)
            {
                Release(bytes);
            }

            throw;
        }
    }

    public void Release(int bytes)
    {
        lock (_gate)
        {
            _heldBytes -= bytes;
            while (_waiters.First is { Value: var next } && TryTakeNow(next.Bytes))
            {
                _waiters.RemoveFirst();
                next.TrySetResult();
            }
        }
    }

    private bool TryTakeNow(int bytes)
    {
        if (_heldBytes > 0 && _heldBytes + bytes > totalBytes)
        {
            return false;
        }

        _heldBytes += bytes;
        return true;
    }

    private sealed class Waiter(int bytes) : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public int Bytes => bytes;
    }
}
