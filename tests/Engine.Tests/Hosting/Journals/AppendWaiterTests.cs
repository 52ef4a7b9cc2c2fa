using OrleansStream.Contracts;
using OrleansStream.Engine.Hosting.Journals;
using OrleansStream.TestKit;

namespace OrleansStream.Engine.Tests.Hosting.Journals;

public sealed class AppendWaiterTests
{
    private static readonly AppendReply Reply = new(StreamError.None, 5, -1, 0, null);

    private readonly ManualTimeProvider _time = new();
    private readonly AppendWaiterPool _pool;

    public AppendWaiterTests() => _pool = new AppendWaiterPool(_time);

    [Fact]
    public async Task A_wait_ends_with_the_reply_it_began_with()
    {
        var ticket = _pool.Begin(Reply, TimeSpan.FromSeconds(1));
        var waiting = ticket.Waiter!.WaitAsync();

        ticket.Succeed();

        Assert.Equal(Reply, await waiting);
    }

    [Fact]
    public async Task A_wait_can_end_before_it_is_awaited()
    {
        var ticket = _pool.Begin(Reply, TimeSpan.FromSeconds(1));
        ticket.Fail(StreamError.StorageFailed, "gone");

        var reply = await ticket.Waiter!.WaitAsync();

        Assert.Equal((StreamError.StorageFailed, "gone"), (reply.Error, reply.Message));
    }

    [Fact]
    public async Task A_wait_expires_after_its_timeout_and_not_before()
    {
        var waiting = _pool.Begin(Reply, TimeSpan.FromSeconds(1)).Waiter!.WaitAsync().AsTask();

        _time.Advance(TimeSpan.FromSeconds(1));
        _pool.Expire();
        Assert.False(waiting.IsCompleted);

        _time.Advance(TimeSpan.FromTicks(1));
        _pool.Expire();
        Assert.Equal(StreamError.TimedOut, (await waiting).Error);
    }

    [Fact]
    public async Task A_ticket_of_an_ended_wait_does_not_end_the_next_one()
    {
        var old = _pool.Begin(Reply, TimeSpan.Zero);
        _time.Advance(TimeSpan.FromSeconds(1));
        _pool.Expire();
        await old.Waiter!.WaitAsync();

        var next = _pool.Begin(Reply with { BaseOffset = 9 }, TimeSpan.FromSeconds(1));
        Assert.Same(old.Waiter, next.Waiter);
        var waiting = next.Waiter!.WaitAsync().AsTask();
        old.Succeed();
        old.Fail(StreamError.StorageFailed, "late");
        Assert.False(waiting.IsCompleted);

        next.Succeed();
        Assert.Equal(9, (await waiting).BaseOffset);
    }

    // The journal and the clock end waits at the same time, again and again with the same few waiters: each wait ends
    // once, with its own reply or with the timeout.
    [Fact]
    public async Task When_flush_and_timeout_race_each_wait_ends_once_with_its_own_reply()
    {
        using var stopping = new CancellationTokenSource();
        var expiring = Task.Run(() =>
        {
            while (!stopping.IsCancellationRequested)
            {
                _time.Advance(TimeSpan.FromTicks(1));
                _pool.Expire();
            }
        });

        await Task.WhenAll(Enumerable.Range(0, 4).Select(task => Task.Run(async () =>
        {
            for (var i = 0; i < 5_000; i++)
            {
                var mine = Reply with { BaseOffset = (task * 10_000) + i };
                var ticket = _pool.Begin(mine, TimeSpan.FromTicks(i % 5));
                var completing = Task.Run(ticket.Succeed);
                var reply = await ticket.Waiter!.WaitAsync();
                Assert.True(reply == mine || reply.Error == StreamError.TimedOut, reply.ToString());
                await completing;
            }
        })));

        await stopping.CancelAsync();
        await expiring;
    }
}
