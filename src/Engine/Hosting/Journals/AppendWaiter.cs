using System.Collections.Concurrent;
using System.Threading.Tasks.Sources;
using OrleansStream.Contracts;

namespace OrleansStream.Engine.Hosting.Journals;

/// <summary>
/// One use of an <see cref="AppendWaiter"/>; nothing happens when it is completed after that use has ended.
/// </summary>
internal readonly record struct AppendTicket(AppendWaiter? Waiter, long Use)
{
    /// <summary>Answers with the reply the wait began with.</summary>
    public void Succeed() => Waiter?.TryComplete(Use, null);

    /// <summary>Answers with an error.</summary>
    public void Fail(StreamError error, string message)
        => Waiter?.TryComplete(Use, AppendReply.Refused(error, message));
}

/// <summary>An append that waits for its flush: reused, so that waiting allocates nothing.</summary>
/// <remarks>
/// The journal completes it from its loop, the pool when its deadline passes; whoever comes second finds that the use
/// it holds a ticket for is over.
/// </remarks>
internal sealed class AppendWaiter(AppendWaiterPool pool) : IValueTaskSource<AppendReply>
{
    private ManualResetValueTaskSourceCore<AppendReply> _source = new() { RunContinuationsAsynchronously = true };
    private AppendReply _reply;
    private long _deadline;
    private long _state; // The number of the use, doubled, plus one while it is pending.

    /// <summary>Begins a new use.</summary>
    /// <param name="reply">What to answer after the flush.</param>
    /// <param name="deadline">A timestamp of the pool's clock.</param>
    public AppendTicket Begin(in AppendReply reply, long deadline)
    {
        _reply = reply;
        Volatile.Write(ref _deadline, deadline);
        var use = (_state >> 1) + 1;
        Volatile.Write(ref _state, (use << 1) | 1);
        return new AppendTicket(this, use);
    }

    /// <summary>The wait of the current use. To be awaited once.</summary>
    public ValueTask<AppendReply> WaitAsync() => new(this, _source.Version);

    public void TryComplete(long use, AppendReply? instead)
    {
        var pending = (use << 1) | 1;
        if (Interlocked.CompareExchange(ref _state, use << 1, pending) == pending)
        {
            _source.SetResult(instead ?? _reply);
        }
    }

    /// <summary>Ends the current use when its deadline has passed.</summary>
    public void Expire(long now)
    {
        var state = Volatile.Read(ref _state);
        if ((state & 1) == 1 && Volatile.Read(ref _deadline) < now)
        {
            TryComplete(
                state >> 1, AppendReply.Refused(StreamError.TimedOut, "The flush took longer than the timeout."));
        }
    }

    AppendReply IValueTaskSource<AppendReply>.GetResult(short token)
    {
        var reply = _source.GetResult(token);
        _source.Reset();
        pool.Return(this);
        return reply;
    }

    ValueTaskSourceStatus IValueTaskSource<AppendReply>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<AppendReply>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
        => _source.OnCompleted(continuation, state, token, flags);
}

/// <summary>Lends out waiters and ends the waits that take too long. Thread-safe.</summary>
/// <remarks>Holds as many waiters as were ever needed at once, which the memory for unflushed batches bounds.</remarks>
internal sealed class AppendWaiterPool(TimeProvider time)
{
    private readonly ConcurrentBag<AppendWaiter> _free = [];
    private readonly ConcurrentQueue<AppendWaiter> _all = [];

    /// <summary>Begins a wait.</summary>
    public AppendTicket Begin(in AppendReply reply, TimeSpan timeout)
    {
        if (!_free.TryTake(out var waiter))
        {
            waiter = new AppendWaiter(this);
            _all.Enqueue(waiter);
        }

        var ticks = timeout.TotalSeconds * time.TimestampFrequency;
        return waiter.Begin(reply, time.GetTimestamp() + (long)Math.Min(ticks, long.MaxValue / 4));
    }

    /// <summary>Ends all waits whose timeout has passed.</summary>
    public void Expire()
    {
        var now = time.GetTimestamp();
        foreach (var waiter in _all)
        {
            waiter.Expire(now);
        }
    }

    internal void Return(AppendWaiter waiter) => _free.Add(waiter);
}
