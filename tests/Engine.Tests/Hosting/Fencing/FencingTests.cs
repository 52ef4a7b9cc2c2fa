using OrleansStream.Engine.Storage;
using OrleansStream.Engine.Storage.Memory;

namespace OrleansStream.Engine.Tests.Hosting.Fencing;

/// <summary>
/// Two owners open the same partitions on the same storage while they append, roll, write segments, trim, close, die,
/// and stand still between any two operations.
/// </summary>
public sealed class FencingTests
{
    private const int RunsEach = 100;
    private const int StepsEach = 400;
    private const int OpeningTries = 5;
    private static readonly string[] s_names = ["a", "b"];

    [Theory]
    [InlineData(0)]
    [InlineData(1_000)]
    [InlineData(2_000)]
    [InlineData(3_000)]
    [InlineData(4_000)]
    [InlineData(5_000)]
    [InlineData(6_000)]
    [InlineData(7_000)]
    [InlineData(8_000)]
    [InlineData(9_000)]
    public async Task No_offset_is_acknowledged_twice_and_nothing_acknowledged_is_lost(int firstSeed)
    {
        var results = await RunAllAsync(firstSeed, areNeighbours: false);

        // Else the runs would show nothing.
        Assert.InRange(results.Sum(run => run.Acknowledged), RunsEach, int.MaxValue);
        Assert.InRange(results.Sum(run => run.Failures), RunsEach, int.MaxValue);
    }

    // They leave each other alone and ask for partitions. Who is asked may be gone, be thought to be gone, stand still
    // for longer than the other one has patience, or answer too late.
    [Theory]
    [InlineData(10_000)]
    [InlineData(11_000)]
    [InlineData(12_000)]
    [InlineData(13_000)]
    [InlineData(14_000)]
    [InlineData(15_000)]
    [InlineData(16_000)]
    [InlineData(17_000)]
    [InlineData(18_000)]
    [InlineData(19_000)]
    public async Task Owners_who_ask_each_other_for_partitions_acknowledge_no_offset_twice_and_lose_nothing(
        int firstSeed)
    {
        var results = await RunAllAsync(firstSeed, areNeighbours: true);

        Assert.InRange(results.Sum(run => run.Acknowledged), RunsEach, int.MaxValue);
        Assert.InRange(results.Sum(run => run.Failures), RunsEach, int.MaxValue);
        Assert.InRange(results.Sum(run => run.Released), RunsEach / 2, int.MaxValue);
        Assert.InRange(results.Sum(run => run.Unreleased), RunsEach / 2, int.MaxValue);
    }

    [Fact]
    public async Task Whoever_was_taken_over_from_can_change_no_topic()
    {
        var storage = new MemoryStorage();
        await using var first = await TestStore.OpenAsync(new SteppedStorage("first", storage, steps: null));
        await first.CreateAsync("topic");
        await using var second = await TestStore.OpenAsync(new SteppedStorage("second", storage, steps: null));

        await Assert.ThrowsAsync<TableConflictException>(
            async () => await first.Store.Topics.DeleteAsync("topic", CancellationToken.None));

        Assert.True(first.Store.Failed.IsCompleted);
        await second.CreateAsync("other");
    }

    private static async Task<List<Result>> RunAllAsync(int firstSeed, bool areNeighbours)
    {
        List<Result> results = [];
        for (var seed = firstSeed; seed < firstSeed + RunsEach; seed++)
        {
            try
            {
                results.Add(await RunAsync(seed, areNeighbours));
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"Seed {seed}: {e.Message}", e);
            }
        }

        return results;
    }

    private static async Task<Result> RunAsync(int seed, bool areNeighbours)
    {
        var random = new Random(seed);
        var storage = new MemoryStorage();
        await using (var first = await TestStore.OpenAsync(new SteppedStorage("first", storage, steps: null)))
        {
            foreach (var topic in Owner.Topics)
            {
                await first.CreateAsync(topic);
            }
        }

        var steps = new Steps();
        var promises = new Promises();
        var neighbours = areNeighbours ? new Neighbours(steps, new Random(random.Next())) : null;
        var owners = s_names
            .Select(name => new Owner(name, storage, steps, promises, new Random(random.Next()), neighbours)).ToArray();
        neighbours?.Introduce(owners);
        var favourite = owners[0];
        for (var step = 0; step < StepsEach; step++)
        {
            await steps.WhenAsync(() => owners.All(owner => owner.IsHeld));

            // One owner at a time gets on for a while; the other stands where it is, before whatever it was to do next.
            favourite = random.Next(15) == 0 ? owners[random.Next(2)]
                : neighbours?.FindAsked(favourite) is { } asked && random.Next(4) > 0 ? asked
                : favourite;
            await StepAsync(favourite, steps, random);
        }

        await SettleAsync(owners, steps);
        await CheckAsync(storage, promises);
        foreach (var owner in owners)
        {
            await owner.KillAsync();
        }

        return new(
            promises.Count,
            owners.Sum(owner => owner.Failures),
            neighbours?.Released ?? 0,
            neighbours?.Unreleased ?? 0);
    }

    private static async Task StepAsync(Owner owner, Steps steps, Random random)
    {
        if (random.Next(150) == 0)
        {
            await owner.KillAsync();
            return;
        }

        var waiting = steps.Waiting.Where(step => step.Owner == owner.Life).ToArray();
        if (waiting.Length == 0 || random.Next(4) == 0)
        {
            owner.Begin();
        }
        else
        {
            steps.Go(waiting[random.Next(waiting.Length)], random.Next(100) switch
            {
                0 => Fate.Lost,
                1 => Fate.ReplyLost,
                _ => Fate.Done,
            });
        }
    }

    // What was begun is finished: whoever stood still all the time goes on now.
    private static async Task SettleAsync(Owner[] owners, Steps steps)
    {
        while (true)
        {
            await steps.WhenAsync(() => owners.All(owner => owner.IsHeld));
            if (owners.All(owner => owner.IsIdle))
            {
                return;
            }

            steps.Go(steps.Waiting[0], Fate.Done);
        }
    }

    private static async Task CheckAsync(MemoryStorage storage, Promises promises)
    {
        await using var last = await OpenAsync(storage);
        foreach (var topic in Owner.Topics)
        {
            await promises.CheckAsync(topic, await last.OpenAsync(topic));
        }
    }

    private static async Task<TestStore> OpenAsync(MemoryStorage storage)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await TestStore.OpenAsync(new SteppedStorage("last", storage, steps: null));
            }
            catch (IOException) when (attempt < OpeningTries)
            {
                // Something moved under it.
            }
        }
    }

    /// <summary>What happened in a run.</summary>
    /// <param name="Released">How many partitions were given up because somebody asked.</param>
    /// <param name="Unreleased">How often somebody asked in vain.</param>
    private sealed record Result(int Acknowledged, int Failures, int Released, int Unreleased);
}
