using System.Runtime.CompilerServices;

namespace OrleansStream.Engine.Hosting;

/// <summary>Works on several items at once and hands the results out in the order of the items.</summary>
internal static class OrderedWork
{
    /// <summary>
    /// Gives each item to a worker as soon as it is read. As many items are in hand as there are workers, the one whose
    /// result was handed out last among them.
    /// </summary>
    /// <param name="items">Each is disposed when the result after its own is asked for, or none is any more.</param>
    /// <param name="workers">Each works on one item at a time, and may keep its result until it gets the next.</param>
    /// <param name="work">
    /// Runs on the thread pool. Where it throws, it does so to whoever asks for the result, in its order.
    /// </param>
    public static async IAsyncEnumerable<TResult> RunAsync<TItem, TWorker, TResult>(
        IAsyncEnumerable<TItem> items,
        IReadOnlyList<TWorker> workers,
        Func<TWorker, TItem, TResult> work,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
        where TItem : IDisposable
    {
        var inHand = new Queue<(TItem Item, Task<TResult> Work)>(workers.Count);
        var next = 0;
        try
        {
            await foreach (var item in items.WithCancellation(cancellationToken).ConfigureAwait(false))
            {
                var worker = workers[next++ % workers.Count];
                inHand.Enqueue((item, Task.Run(() => work(worker, item), CancellationToken.None)));
                if (inHand.Count == workers.Count)
                {
                    yield return await inHand.Peek().Work.ConfigureAwait(false);
                    inHand.Dequeue().Item.Dispose();
                }
            }

            while (inHand.Count > 0)
            {
                yield return await inHand.Peek().Work.ConfigureAwait(false);
                inHand.Dequeue().Item.Dispose();
            }
        }
        finally
        {
            foreach (var (item, working) in inHand)
            {
                await ((Task)working).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                item.Dispose();
            }
        }
    }
}
