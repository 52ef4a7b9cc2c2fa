using System.Diagnostics;

namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>Bounds the requests of one connection that are not answered yet, by number and by bytes.</summary>
/// <remarks>
/// The read loop enters and may wait; the write loop leaves. One request is always let in, however large, so that a
/// bound below the largest frame cannot stop a connection for ever.
/// </remarks>
internal sealed class RequestWindow(int maxCount, int maxBytes)
{
    private readonly Lock _gate = new();
    private int _count;
    private long _bytes;
    private int _waitingBytes;
    private TaskCompletionSource? _waiter;

    /// <summary>Takes the place of one request, once there is room for it. One caller at a time.</summary>
    public async ValueTask EnterAsync(int bytes, CancellationToken cancellationToken)
    {
        TaskCompletionSource waiter;
        lock (_gate)
        {
            Debug.Assert(_waiter is null, "Only the read loop enters.");
            if (TryTake(bytes))
            {
                return;
            }

            _waitingBytes = bytes;
            _waiter = waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        await waiter.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Gives back the place of a request that was answered.</summary>
    public void Leave(int bytes)
    {
        lock (_gate)
        {
            _count--;
            _bytes -= bytes;
            if (_waiter is { } waiter && TryTake(_waitingBytes))
            {
                _waiter = null;
                waiter.SetResult();
            }
        }
    }

    private bool TryTake(int bytes)
    {
        if (_count > 0 && (_count >= maxCount || _bytes + bytes > maxBytes))
        {
            return false;
        }

        _count++;
        _bytes += bytes;
        return true;
    }
}
