using OrleansStream.Contracts;
using OrleansStream.TestKit.Storage;

namespace OrleansStream.Engine.Tests.Hosting.Crash;

/// <summary>
/// Fails a workload at each of its writes, in every way, and looks whether what was promised is kept.
/// </summary>
public sealed class CrashAtEveryWriteTests
{
    /// <summary>How the storage comes back after a fault.</summary>
    public enum Ending
    {
        /// <summary>After a power cut.</summary>
        PowerCut,

        /// <summary>After the process was killed.</summary>
        Kill,

        /// <summary>Within the process: the failed store is closed and another one opened.</summary>
        Reopening,
    }

    public static TheoryData<Fault, Ending> Cases()
    {
        var cases = new TheoryData<Fault, Ending>();
        foreach (var fault in Enum.GetValues<Fault>())
        {
            foreach (var ending in Enum.GetValues<Ending>())
            {
                cases.Add(fault, ending);
            }
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Whatever_write_fails_promises_are_kept(Fault fault, Ending ending)
    {
        var count = await CountOperationsAsync();
        Assert.InRange(count, 100, 400);
        for (var n = 1; n <= count; n++)
        {
            var storage = new FaultyStorage(seed: n);
            storage.FailAt(n, fault);
            var first = storage;
            var number = n;
            var scenario = new CrashScenario(
                isDead: () => ending != Ending.Reopening && first.Operations.Count >= number && first == storage);
            try
            {
                await RunAsync(scenario, storage);
                storage = await EndAsync(scenario, storage, ending, seed: n);
                await GoOnAsync(scenario, storage);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"Operation {n}, {first.Operations.ElementAtOrDefault(n - 1)}", e);
            }
        }
    }

    // The workload is killed after each write, and recovery fails at each of its own writes.
    [Theory]
    [InlineData(Fault.Error, Ending.PowerCut)]
    [InlineData(Fault.LostReply, Ending.Kill)]
    [InlineData(Fault.Torn, Ending.Reopening)]
    public async Task Whatever_write_fails_during_recovery_promises_are_kept(Fault fault, Ending ending)
    {
        var count = await CountOperationsAsync();
        for (var n = 5; n <= count; n += 11)
        {
            var isHit = true;
            for (var m = 1; isHit; m++)
            {
                var storage = new FaultyStorage(seed: n);
                var first = storage;
                var number = n;
                var scenario = new CrashScenario(isDead: () => first == storage && first.Operations.Count >= number);
                await RunAsync(scenario, storage);

                storage = await EndAsync(scenario, storage, Ending.Kill, seed: n);
                storage.FailAt(m, fault);
                await scenario.OpenAsync(storage);
                isHit = storage.Operations.Count >= m;
                await GoOnAsync(scenario, await EndAsync(scenario, storage, ending, seed: m));
            }
        }
    }

    // Creation, both acks, segments, a merge, retention, deletions of records and of a topic, a journal that rolls, and
    // an orderly end.
    private static async Task RunAsync(CrashScenario scenario, FaultyStorage storage)
    {
        await scenario.OpenAsync(storage);
        await scenario.CreateAsync("a");
        await scenario.CreateAsync("b");
        await scenario.CreateAsync("short", "retention.ms", "60000");
        await scenario.AppendAsync("a", 3);
        await scenario.AppendAsync("b", 2);
        await scenario.AppendAsync("short", 3);
        await scenario.AppendAsync("a", acks: Acks.Leader);
        await scenario.FlushAsync("a");
        await scenario.AppendAsync("a");
        await scenario.MaintainAsync(TimeSpan.FromSeconds(1));
        await scenario.MaintainAsync(TimeSpan.FromSeconds(31));
        for (var i = 0; i < 7; i++)
        {
            await scenario.AppendAsync("a");
            await scenario.FlushAsync("a");
        }

        await scenario.DeleteRecordsAsync("a", 3);
        await scenario.AppendAsync("short");
        if (!scenario.IsOver)
        {
            scenario.AllowRetention("short");
        }

        await scenario.MaintainAsync(TimeSpan.FromMinutes(2));
        await scenario.AppendAsync("b", 2, paddingBytes: 40_000);
        await scenario.DeleteAsync("b");
        await scenario.MaintainAsync(TimeSpan.FromSeconds(1));
        await scenario.CreateAsync("b");
        await scenario.AppendTogetherAsync([("a", Acks.All), ("b", Acks.Leader), ("a", Acks.All), ("short", Acks.All)]);
        await scenario.EndAsync();
    }

    // The storage works again: promises are kept, work goes on, and all is there after an orderly end, too.
    private static async Task GoOnAsync(CrashScenario scenario, FaultyStorage storage)
    {
        storage.Heal(); // How many writes there are depends on what shares a flush: the last may not have come.
        Assert.True(await scenario.OpenAsync(storage));
        foreach (var name in scenario.OpenTopics)
        {
            await scenario.AppendAsync(name, 2);
        }

        await scenario.MaintainAsync(TimeSpan.FromSeconds(1));
        Assert.False(scenario.IsOver);
        await scenario.CloseAsync();
        Assert.True(await scenario.OpenAsync(storage));
        await scenario.CloseAsync();
    }

    private static async Task<FaultyStorage> EndAsync(
        CrashScenario scenario, FaultyStorage storage, Ending ending, int seed)
    {
        var remains = ending switch
        {
            Ending.PowerCut => await storage.CrashAsync(seed),
            Ending.Kill => await storage.KillAsync(),
            _ => storage,
        };
        await scenario.CloseAsync();
        return remains;
    }

    private static async Task<int> CountOperationsAsync()
    {
        var storage = new FaultyStorage(seed: 0);
        var scenario = new CrashScenario(isDead: () => false);
        await RunAsync(scenario, storage);
        var count = storage.Operations.Count;
        await GoOnAsync(scenario, storage);
        return count;
    }
}
