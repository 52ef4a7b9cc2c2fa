namespace OrleansStream.Silo.Gateways;

/// <summary>A number of bytes that many connections share, first come first served.</summary>
/// <remarks>
/// Once somebody waits all queue behind, so that a large request is not starved by small ones. One that is larger than
/// everything is let in when it is alone. Thread-safe; there are never more waiting than connections.
/// </remarks>
internal sealed class ByteShare(long capacityBytes)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<Waiter> _waiters = [];
    private long _usedBytes;

    public async ValueTask TakeAsync(long bytes, CancellationToken cancellationToken)
    {
        LinkedListNode<Waiter> node;
        lock (_gate)
        {
            if (_waiters.Count == 0 && TryTake(bytes))
            {
                return;
            }

            node = _waiters.AddLast(new Waiter(bytes));
        }

        try
        {
            await node.Value.Granted.Task.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            GiveUp(node);
            throw;
        }
    }

    public void Release(long bytes)
    {
        lock (_gate)
        {
            _usedBytes -= bytes;
            GrantWaiters();
        }
    }

    private void GiveUp(LinkedListNode<Waiter> node)
    {
        lock (_gate)
        {
            if (node.List is null)
            {
                // It was granted in the last moment.
                _usedBytes -= node.Value.Bytes;
            }
            else
            {
                _waiters.Remove(node);
            }

            GrantWaiters();
        }
    }

    private void GrantWaiters()
    {
        while (_waiters.First is { } first && TryTake(first.Value.Bytes))
        {
            _waiters.RemoveFirst();
            first.Value.Granted.SetResult();
        }
    }

    private bool TryTake(long bytes)
    {
        if (_usedBytes > 0 && _usedBytes + bytes > capacityBytes)
        {
            return false;
        }

        _usedBytes += bytes;
        return true;
    }

    private sealed record Waiter(long Bytes)
    {
        public TaskCompletionSource Granted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
