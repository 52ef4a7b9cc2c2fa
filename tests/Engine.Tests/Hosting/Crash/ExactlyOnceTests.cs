using Microsoft.Extensions.Logging.Abstractions;
using OrleansStream.Contracts;
using OrleansStream.Engine.Hosting;
using OrleansStream.Engine.Hosting.Partitions;
using OrleansStream.TestKit.Batches;
using OrleansStream.TestKit.Storage;

namespace OrleansStream.Engine.Tests.Hosting.Crash;

/// <summary>
/// An idempotent producer that sends again whatever was not acknowledged, through any number of failures.
/// </summary>
public sealed class ExactlyOnceTests
{
    private const int Records = 40;
    private const int SeedsPerCase = 25;

    private readonly StandingClock _clock = new();
    private LogStore? _ended; // Closed after its storage has ended.

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Each_record_is_stored_once_and_in_order(int seedsOver25)
    {
        for (var seed = seedsOver25 * SeedsPerCase; seed < (seedsOver25 + 1) * SeedsPerCase; seed++)
        {
            try
            {
                await RunAsync(new Random(seed));
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"Seed {seed}", e);
            }
        }
    }

    private async Task RunAsync(Random random)
    {
        var storage = new FaultyStorage(random.Next());
        await using (var store = await OpenAsync(storage))
        {
            await store.Topics.CreateAsync(new("topic", 1, new Dictionary<string, string>()), default);
        }

        var acknowledged = 0;
        for (var attempt = 0; acknowledged < Records; attempt++)
        {
            Assert.InRange(attempt, 0, 200);
            storage.FailAt(storage.Operations.Count + random.Next(1, 40), (Fault)random.Next(4));
            acknowledged = await TrySendAsync(storage, acknowledged, random);
            storage = await EndAsync(storage, random);
        }

        // Without the fault that was planned last and may not have come.
        await using var last = await OpenAsync(await storage.KillAsync());
        Assert.Equal(Enumerable.Range(0, Records), await TestStore.ReadAllAsync(await OpenPartitionAsync(last)));
    }

    // Sends what is not acknowledged, up to five at a time, until something fails. How many are acknowledged then.
    private async Task<int> TrySendAsync(FaultyStorage storage, int acknowledged, Random random)
    {
        LogStore? store = null;
        try
        {
            store = await OpenAsync(storage);
            var partition = await OpenPartitionAsync(store);
            while (acknowledged < Records)
            {
                var count = Math.Min(random.Next(1, 6), Records - acknowledged);
                var replies = Enumerable.Range(acknowledged, count).Select(i => SendAsync(partition, i)).ToArray();
                foreach (var reply in await Task.WhenAll(replies))
                {
                    if (reply.Error != StreamError.None)
                    {
                        return acknowledged;
                    }

                    Assert.Equal(acknowledged++, reply.BaseOffset);
                }

                await TidyAsync(store, partition, random);
            }
        }
        catch (IOException)
        {
            // Sent again after the next opening.
        }
        finally
        {
            _ended = store;
        }

        return acknowledged;
    }

    private async Task TidyAsync(LogStore store, PartitionHost partition, Random random)
    {
        if (random.Next(3) == 0)
        {
            await partition.FlushAsync();
        }

        if (random.Next(4) == 0)
        {
            _clock.Move(TimeSpan.FromSeconds(31));
            await store.MaintainAsync();
        }
    }

    private Task<AppendReply> SendAsync(PartitionHost partition, int number)
    {
        var batch = TestBatch.Numbered(number, timestamp: _clock.Now, producerId: 7, baseSequence: number);
        return partition.AppendAsync(new(batch, Acks.All, TimeSpan.FromDays(1)), default).AsTask();
    }

    private async Task<FaultyStorage> EndAsync(FaultyStorage storage, Random random)
    {
        var remains = random.Next(3) switch
        {
            0 => await storage.CrashAsync(random.Next()),
            1 => await storage.KillAsync(),
            _ => storage,
        };
        await (_ended?.DisposeAsync() ?? ValueTask.CompletedTask);
        return remains;
    }

    private async Task<LogStore> OpenAsync(FaultyStorage storage)
        => await LogStore.OpenAsync(storage, new EngineOptions(), _clock, NullLoggerFactory.Instance, default);

    private static async Task<PartitionHost> OpenPartitionAsync(LogStore store)
    {
        var topic = await store.Topics.FindAsync("topic", default);
        return (await store.OpenPartitionAsync(new(topic!.Id, 0), new TestTurn(), default))!;
    }
}
