using OrleansStream.Engine.Hosting;

namespace OrleansStream.Engine.Tests.Hosting;

public sealed class OrderedWorkTests
{
    private const int WorkerCount = 3;

    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(30);

    private readonly Item[] _items = [.. Enumerable.Range(0, 10).Select(number => new Item(number))];
    private readonly int[] _workers = [.. Enumerable.Range(0, WorkerCount)];
    private int _read;

    // Of three items at a time the first one ends last.
    [Fact]
    public async Task Results_come_in_the_order_of_the_items_whatever_ends_first()
    {
        using var othersEnded = new SemaphoreSlim(0);
        var results = OrderedWork.RunAsync(ReadAsync(), _workers, (worker, item) =>
        {
            if (item.Number == 0)
            {
                Assert.True(othersEnded.Wait(s_timeout));
                Assert.True(othersEnded.Wait(s_timeout));
            }
            else
            {
                othersEnded.Release();
            }

            return (worker, item.Number);
        });

        Assert.Equal(
            Enumerable.Range(0, _items.Length).Select(number => (number % WorkerCount, number)),
            await results.ToListAsync());
        Assert.All(_items, item => Assert.Equal(1, item.Disposals));
    }

    [Fact]
    public async Task No_more_items_are_in_hand_than_there_are_workers_and_a_result_keeps_its_own()
    {
        await foreach (var item in OrderedWork.RunAsync(ReadAsync(), _workers, (_, item) => item))
        {
            Assert.Equal(0, item.Disposals);
            Assert.InRange(_items[.._read].Count(read => read.Disposals == 0), 1, WorkerCount);
        }
    }

    [Fact]
    public async Task A_failure_comes_in_its_order_and_nothing_is_left_behind()
    {
        var results = OrderedWork.RunAsync(
            ReadAsync(),
            _workers,
            (_, item) => item.Number < 4 ? item.Number : throw new IOException($"{item.Number}"));
        var seen = new List<int>();

        var failure = await Assert.ThrowsAsync<IOException>(async () =>
        {
            await foreach (var result in results)
            {
                seen.Add(result);
            }
        });

        Assert.Equal("4", failure.Message);
        Assert.Equal([0, 1, 2, 3], seen);
        Assert.All(_items[.._read], item => Assert.Equal(1, item.Disposals));
    }

    [Fact]
    public async Task Whoever_wants_no_more_leaves_nothing_behind()
    {
        await foreach (var _ in OrderedWork.RunAsync(ReadAsync(), _workers, (_, item) => item))
        {
            break;
        }

        Assert.Equal(WorkerCount, _read);
        Assert.All(_items[.._read], item => Assert.Equal(1, item.Disposals));
    }

    private async IAsyncEnumerable<Item> ReadAsync()
    {
        foreach (var item in _items)
        {
            await Task.Yield();
            _read++;
            yield return item;
        }
    }

    private sealed class Item(int number) : IDisposable
    {
        public int Number => number;

        public int Disposals { get; private set; }

        public void Dispose() => Disposals++;
    }
}
