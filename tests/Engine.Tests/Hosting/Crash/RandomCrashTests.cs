using OrleansStream.Contracts;
using OrleansStream.TestKit.Storage;

namespace OrleansStream.Engine.Tests.Hosting.Crash;

/// <summary>Random work, random faults and random ends, several lives of one storage after another.</summary>
public sealed class RandomCrashTests
{
    private const int SeedsPerCase = 25;
    private const int Lives = 4;
    private const int StepsPerLife = 25;

    private static readonly string[] Names = ["a", "b", "c"];

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    public async Task Whatever_happens_promises_are_kept(int seedsOver25)
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

    private static async Task RunAsync(Random random)
    {
        var storage = new FaultyStorage(random.Next());
        var scenario = new CrashScenario(isDead: () => false);
        for (var life = 0; life < Lives; life++)
        {
            for (var faults = random.Next(3); faults > 0; faults--)
            {
                storage.FailAt(storage.Operations.Count + random.Next(1, 80), (Fault)random.Next(4));
            }

            await scenario.OpenAsync(storage);
            for (var step = 0; step < StepsPerLife && !scenario.IsOver; step++)
            {
                await StepAsync(scenario, random);
            }

            storage = await EndAsync(scenario, storage, random);
        }

        // One more life without faults: those planned for the last are gone with it, or are over.
        storage = await storage.KillAsync();
        Assert.True(await scenario.OpenAsync(storage));
        foreach (var name in Names)
        {
            await EnsureAsync(scenario, name);
            await scenario.AppendAsync(name);
        }

        Assert.False(scenario.IsOver);
        await scenario.EndAsync();
        Assert.True(await scenario.OpenAsync(storage));
        await scenario.EndAsync();
    }

    private static async Task StepAsync(CrashScenario scenario, Random random)
    {
        var name = Names[random.Next(Names.Length)];
        await EnsureAsync(scenario, name);
        await (random.Next(12) switch
        {
            < 3 => scenario.AppendAsync(
                name, random.Next(1, 4), (Acks)random.Next(2), random.Next(4) * random.Next(9_000)),
            < 6 => scenario.AppendTogetherAsync(
                Enumerable.Range(0, random.Next(2, 8)).Select(_ => (name, (Acks)random.Next(2))).ToArray()),
            < 8 => scenario.FlushAsync(name),
            8 => scenario.DeleteSomeRecordsAsync(name, random),
            9 when random.Next(3) == 0 => scenario.DeleteAsync(name),
            _ => scenario.MaintainAsync(TimeSpan.FromSeconds(random.Next(40))),
        });
    }

    private static Task EnsureAsync(CrashScenario scenario, string name)
        => scenario.Exists(name) ? Task.CompletedTask : scenario.CreateAsync(name);

    private static async Task<FaultyStorage> EndAsync(CrashScenario scenario, FaultyStorage storage, Random random)
    {
        switch (random.Next(4))
        {
            case 0:
                await scenario.CloseAsync();
                return storage;
            case 1:
                var cut = await storage.CrashAsync(random.Next());
                await scenario.CloseAsync();
                return cut;
            case 2:
                // The process is killed, and the power fails before the next one has opened the storage.
                var killed = await (await storage.KillAsync()).CrashAsync(random.Next());
                await scenario.CloseAsync();
                return killed;
            default:
                var remains = await storage.KillAsync();
                await scenario.CloseAsync();
                return remains;
        }
    }
}
