using System.Threading.Channels;

namespace OrleansStream.Engine.Hosting;

/// <summary>Does pieces of asynchronous work one after another, in the order they came.</summary>
/// <remarks>
/// A failure of one piece is its caller's and leaves the queue working. Bounded: callers wait for room.
/// </remarks>
internal sealed class WorkQueue : IAsyncDisposable
{
    private const int Capacity = 1_024;

    private readonly Channel<Func<Task>> _work = Channel.CreateBounded<Func<Task>>(
        new BoundedChannelOptions(Capacity) { SingleReader = true });

    private readonly Task _loop;

    public WorkQueue() => _loop = RunLoopAsync();

    /// <summary>Queues a piece of work and waits for its result.</summary>
    /// <exception cref="ObjectDisposedException">The queue was disposed before the work was queued.</exception>
    public async Task<T> RunAsync<T>(Func<Task<T>> work, CancellationToken cancellationToken = default)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            await _work.Writer.WriteAsync(() => CompleteAsync(work, done), cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            throw new ObjectDisposedException(nameof(WorkQueue));
        }

        return await done.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Finishes what is queued and takes nothing more.</summary>
    public async ValueTask DisposeAsync()
    {
        _work.Writer.TryComplete();
        await _loop.ConfigureAwait(false);
    }

    private static async Task CompleteAsync<T>(Func<Task<T>> work, TaskCompletionSource<T> done)
    {
        try
        {
            done.SetResult(await work().ConfigureAwait(false));
        }
        catch (Exception e)
        {
            done.SetException(e);
        }
    }

    private async Task RunLoopAsync()
    {
        await foreach (var work in _work.Reader.ReadAllAsync().ConfigureAwait(false))
        {
            await work().ConfigureAwait(false);
        }
    }
}
