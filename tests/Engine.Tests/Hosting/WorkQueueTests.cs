using OrleansStream.Engine.Hosting;

namespace OrleansStream.Engine.Tests.Hosting;

public sealed class WorkQueueTests
{
    [Fact]
    public async Task Work_is_done_one_piece_after_another_in_order()
    {
        await using var queue = new WorkQueue();
        var (done, running) = (new List<int>(), 0);

        var pieces = Enumerable.Range(0, 100).Select(i => queue.RunAsync(async () =>
        {
            Assert.Equal(1, Interlocked.Increment(ref running));
            await Task.Yield();
            done.Add(i);
            Interlocked.Decrement(ref running);
            return i;
        })).ToArray();

        Assert.Equal(Enumerable.Range(0, 100), await Task.WhenAll(pieces));
        Assert.Equal(Enumerable.Range(0, 100), done);
    }

    [Fact]
    public async Task A_failure_is_its_callers_and_the_next_piece_is_done()
    {
        await using var queue = new WorkQueue();

        var failing = queue.RunAsync<int>(() => throw new IOException("no"));
        var next = queue.RunAsync(() => Task.FromResult(1));

        await Assert.ThrowsAsync<IOException>(() => failing);
        Assert.Equal(1, await next);
    }

    [Fact]
    public async Task A_cancelled_caller_does_not_stop_its_work()
    {
        await using var queue = new WorkQueue();
        using var cancelling = new CancellationTokenSource();
        var gate = new TaskCompletionSource<int>();
        var isDone = false;
        var cancelled = queue.RunAsync(
            async () =>
            {
                await gate.Task;
                isDone = true;
                return 0;
            },
            cancelling.Token);
        var next = queue.RunAsync(() => Task.FromResult(isDone));

        await cancelling.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        gate.SetResult(0);

        Assert.True(await next);
    }

    [Fact]
    public async Task Disposing_finishes_what_is_queued_and_takes_nothing_more()
    {
        var queue = new WorkQueue();
        var gate = new TaskCompletionSource<int>();
        var queued = queue.RunAsync(() => gate.Task);

        var disposing = queue.DisposeAsync();
        Assert.False(disposing.IsCompleted);
        gate.SetResult(3);
        await disposing;

        Assert.Equal(3, await queued);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => queue.RunAsync(() => Task.FromResult(0)));
    }
}
