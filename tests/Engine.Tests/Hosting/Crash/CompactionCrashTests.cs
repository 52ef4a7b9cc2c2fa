using OrleansStream.Engine.Hosting;
using OrleansStream.Engine.Log.Compaction;
using OrleansStream.Protocols.Batches;
using OrleansStream.TestKit.Batches;
using OrleansStream.TestKit.Storage;
using Ending = OrleansStream.Engine.Tests.Hosting.Crash.CrashAtEveryWriteTests.Ending;

namespace OrleansStream.Engine.Tests.Hosting.Crash;

/// <summary>Fails compactions at each of their writes, in every way, and looks whether each key is right.</summary>
public sealed class CompactionCrashTests
{
    private const string Topic = "topic";

    // Room for eight keys: each compaction takes several passes.
    private static readonly EngineOptions Options = new() { CompactionBytes = 10 * OffsetMap.EntryBytes };
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private static readonly string[] Configs =
    [
        "cleanup.policy", "compact", "segment.bytes", "4000", "min.cleanable.dirty.ratio", "0",
        "min.compaction.lag.ms", "5400000", "delete.retention.ms", "0",
    ];

    [Theory]
    [MemberData(nameof(CrashAtEveryWriteTests.Cases), MemberType = typeof(CrashAtEveryWriteTests))]
    public async Task Whatever_write_of_a_compaction_fails_no_key_is_lost_or_comes_back(Fault fault, Ending ending)
    {
        var count = await RunAsync(failing: 0, fault, ending);
        Assert.InRange(count, 40, 400);
        for (var n = 1; n <= count; n++)
        {
            try
            {
                await RunAsync(n, fault, ending);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"Operation {n}", e);
            }
        }
    }

    // Two compactions: the second of what was too young for the first, and of tombstones that may go by then.
    private static async Task<int> RunAsync(int failing, Fault fault, Ending ending)
    {
        var (clock, storage, model) = (new StandingClock(), new FaultyStorage(seed: failing), new KeyedModel());
        var store = await TestStore.OpenAsync(storage, Options, clock);
        await FillAsync(store, model, clock);
        var before = storage.Operations.Count;
        if (failing > 0)
        {
            storage.FailAt(before + failing, fault);
        }

        await MaintainAsync(store, clock);
        await MaintainAsync(store, clock);
        var count = storage.Operations.Count - before;
        storage = ending switch
        {
            Ending.PowerCut => await storage.CrashAsync(seed: failing),
            Ending.Kill => await storage.KillAsync(),
            _ => storage,
        };
        await store.DisposeAsync();
        storage.Heal();
        await CheckAsync(storage, model, clock);
        return count;
    }

    private static async Task FillAsync(TestStore store, KeyedModel model, StandingClock clock)
    {
        var random = new Random(7);
        var partition = await store.CreateAsync(Topic, Configs);
        for (var i = 0; i < 20; i++)
        {
            var records = KeyedModel.RandomRecords(random, keys: 12, store.Now);
            var batch = KeyedBatch.Of(records, i % 2 == 0 ? CompressionCodec.None : CompressionCodec.Lz4);
            model.Add((await store.AppendAsync(partition, batch)).BaseOffset, records);
            if (i % 5 == 4)
            {
                await partition.FlushAsync();
                clock.Move(TimeSpan.FromMinutes(20));
            }
        }
    }

    private static async Task MaintainAsync(TestStore store, StandingClock clock)
    {
        clock.Move(Hour);
        if (!store.Store.Failed.IsCompleted)
        {
            await store.Store.MaintainAsync();
        }
    }

    // What the crash left is right, and what was broken off is done again.
    private static async Task CheckAsync(FaultyStorage storage, KeyedModel model, StandingClock clock)
    {
        await using (var store = await TestStore.OpenAsync(storage, Options, clock))
        {
            model.Check(await KeyedModel.ReadAsync(await store.OpenAsync(Topic)));
            await MaintainAsync(store, clock);
            Assert.False(store.Store.Failed.IsCompleted);
        }

        await using var again = await TestStore.OpenAsync(storage, Options, clock);
        var partition = await again.OpenAsync(Topic);
        var left = await KeyedModel.ReadAsync(partition);
        Assert.NotEqual(0, model.Check(left));
        Assert.Equal(left.Select(record => record.Record.Key), left.Select(record => record.Record.Key).Distinct());
    }
}
