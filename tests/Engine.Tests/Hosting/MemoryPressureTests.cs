using OrleansStream.Contracts;
using OrleansStream.Engine.Hosting;
using OrleansStream.Engine.Hosting.Journals;
using OrleansStream.Engine.Hosting.Partitions;
using OrleansStream.TestKit.Batches;
using OrleansStream.TestKit.Storage;

namespace OrleansStream.Engine.Tests.Hosting;

/// <summary>Many appenders and readers on little memory and a small journal, some of them impatient.</summary>
public sealed class MemoryPressureTests
{
    private const int MemoryBytes = 60_000;
    private const int Appenders = 6;
    private const int AppendsEach = 60;

    private static readonly EngineOptions Options = new()
    {
        MemoryBytes = MemoryBytes,
        Journal = new JournalOptions { MaxBytes = 1 << 18 },
    };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task What_is_acknowledged_is_stored_once_and_no_memory_is_lost(int seed)
    {
        await using var store = await TestStore.OpenAsync(new FaultyStorage(seed), Options, TimeProvider.System);
        var partition = await store.CreateAsync("topic", "max.message.bytes", "1000000");

        var clients = Enumerable.Range(0, Appenders)
            .Select(i => Task.Run(() => AppendAsync(store, partition, i, new Random((seed * 100) + i)))).ToArray();
        using var stopping = new CancellationTokenSource();
        var reading = Task.Run(() => ReadAsync(partition, new Random(seed), stopping.Token));
        var acknowledged = (await Task.WhenAll(clients)).SelectMany(offsets => offsets).ToDictionary();
        await stopping.CancelAsync();
        await reading;

        // Flushed behind all the others, of which some were not waited for.
        await store.AppendAsync(partition, [2_000_000]);
        var numbers = await TestStore.ReadAllAsync(partition);
        Assert.Equal(numbers.Count, numbers.Distinct().Count());
        Assert.All(acknowledged, append => Assert.Equal(append.Key, numbers[(int)append.Value]));
        await CheckAllIsFreeAsync(store, partition);
    }

    // Sends as a producer that does not wait. What was acknowledged, by number.
    private static async Task<Dictionary<int, long>> AppendAsync(
        TestStore store, PartitionHost partition, int appender, Random random)
    {
        Dictionary<int, long> acknowledged = [];
        for (var i = 0; i < AppendsEach; i++)
        {
            using var cancelling = new CancellationTokenSource();
            var number = (appender * AppendsEach) + i;
            var timeout = random.Next(3) == 0 ? TimeSpan.FromTicks(random.Next(100_000)) : TestStore.Timeout;
            var batch = TestBatch.Numbered(number, random.Next(8_000), store.Now);
            var appending = partition.AppendAsync(new(batch, (Acks)random.Next(2), timeout), cancelling.Token);
            if (random.Next(5) == 0)
            {
                await cancelling.CancelAsync();
            }

            try
            {
                var reply = await appending;
                Assert.True(reply.Error is StreamError.None or StreamError.TimedOut, $"{reply.Error}");
                if (reply.Error == StreamError.None)
                {
                    acknowledged.Add(number, reply.BaseOffset);
                }
            }
            catch (OperationCanceledException)
            {
                // It may or may not have been stored.
            }
        }

        return acknowledged;
    }

    private static async Task ReadAsync(PartitionHost partition, Random random, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            var end = (await partition.GetStatusAsync(default)).HighWatermark;
            var reply = await TestStore.FetchAsync(partition, random.NextInt64(end + 1), maxBytes: random.Next(20_000));
            Assert.Equal(StreamError.None, reply.Error);
            using var records = reply.Records;
            var before = records.ToArray();
            await Task.Yield();
            Assert.Equal(before, records.ToArray());
        }
    }

    // A batch that takes all the memory there is can be appended. It may have to wait a moment: whoever gave up was
    // answered before what was reserved for it is given back.
    private static async Task CheckAllIsFreeAsync(TestStore store, PartitionHost partition)
    {
        await partition.FlushAsync();
        await store.Store.MaintainAsync();
        var empty = TestBatch.Numbered(0, MemoryBytes).Length - MemoryBytes;
        var batch = TestBatch.Numbered(1_000_000, MemoryBytes - empty - Journal.EntryOverheadBytes, store.Now);
        Assert.Equal(MemoryBytes, AppendQueue.ChargeFor(batch.Length));

        var reply = await partition.AppendAsync(new(batch, Acks.All, TestStore.Timeout), default);

        Assert.Equal(StreamError.None, reply.Error);
    }
}
