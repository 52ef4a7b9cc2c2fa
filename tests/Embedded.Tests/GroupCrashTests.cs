using Microsoft.Extensions.Logging.Abstractions;
using OrleansStream.Contracts;
using OrleansStream.Engine.Storage;
using OrleansStream.TestKit;
using OrleansStream.TestKit.Contracts;
using OrleansStream.TestKit.Storage;

namespace OrleansStream.Embedded.Tests;

/// <summary>A group on a storage that fails at each of its writes in turn.</summary>
public sealed class GroupCrashTests
{
    private const int Partitions = 1_000; // Enough that a few commits make the coordinator rewrite its partition.
    private const int Commits = 4;

    private static readonly Guid Topic = Guid.NewGuid();
    private static readonly string Note = new('n', 300); // Rewriting takes more than one batch.

    public enum Ending
    {
        PowerCut,
        Kill,
        Reopening,
    }

    [Theory]
    [InlineData(Fault.Error, Ending.PowerCut)]
    [InlineData(Fault.Torn, Ending.Reopening)]
    [InlineData(Fault.LostReply, Ending.Kill)]
    [InlineData(Fault.LostReply, Ending.Reopening)]
    public async Task Whatever_write_fails_nothing_acknowledged_goes_back(Fault fault, Ending ending)
    {
        var count = await CountOperationsAsync();
        Assert.InRange(count, 20, 100);
        for (var n = 1; n <= count; n++)
        {
            var storage = new FaultyStorage(seed: n);
            storage.FailAt(n, fault);
            var promised = new Promises();
            await using (var cluster = await TryOpenAsync(storage))
            {
                if (cluster is not null)
                {
                    await RunAsync(cluster.Groups, promised);
                }

                storage = ending switch
                {
                    Ending.PowerCut => await storage.CrashAsync(seed: n),
                    Ending.Kill => await storage.KillAsync(),
                    _ => storage,
                };
            }

            await using var again = await TryOpenAsync(storage) ?? await TryOpenAsync(storage);
            await CheckAsync(again!.Groups, promised);
        }
    }

    // A member comes, commits again and again, and goes; it gives up at the first failure.
    private static async Task RunAsync(IGroupCoordinator groups, Promises promised)
    {
        var member = new GroupClient(groups, "group");
        if ((await member.JoinAsync()).Error != StreamError.None)
        {
            return;
        }

        promised.Generation = member.Generation;
        if ((await member.SyncAsync()).Error != StreamError.None)
        {
            return;
        }

        promised.Member = member.Identity;
        for (var commit = 1; commit <= Commits; commit++)
        {
            promised.Asked = commit;
            var offsets = Enumerable.Range(0, Partitions)
                .Select(partition => new CommittedOffset(new(Topic, partition), commit, -1, Note));
            if ((await member.CommitAsync([.. offsets])).Error != StreamError.None)
            {
                return;
            }

            promised.Acknowledged = commit;
        }
    }

    private static async Task CheckAsync(IGroupCoordinator groups, Promises promised)
    {
        var fetched = await groups.FetchOffsetsAsync(new("group", null), default);
        Assert.Equal(StreamError.None, fetched.Error);
        var values = fetched.Offsets.Select(offset => offset.Offset).Distinct().ToArray();
        Assert.InRange(values.Length, promised.Acknowledged == 0 ? 0 : 1, 1); // One commit is stored whole or not.
        Assert.All(values, value => Assert.InRange(value, promised.Acknowledged, promised.Asked));
        Assert.True(fetched.Offsets.Count is 0 or Partitions);
        if (promised.Member is { } member)
        {
            Assert.Equal(StreamError.None, await groups.HeartbeatAsync(member, default));
        }

        foreach (var left in (await groups.DescribeAsync("group", default)).Members)
        {
            await groups.LeaveAsync(new("group", [new(left.MemberId, null)]), default);
        }

        var next = new GroupClient(groups, "group");
        Assert.Equal(StreamError.None, (await next.JoinAsync()).Error);
        Assert.True(next.Generation > promised.Generation, "A generation came again.");
    }

    private static async Task<int> CountOperationsAsync()
    {
        var storage = new FaultyStorage(seed: 0);
        var promised = new Promises();
        await using (var cluster = await TryOpenAsync(storage))
        {
            await RunAsync(cluster!.Groups, promised);
        }

        Assert.Equal(Commits, promised.Acknowledged);
        return storage.Operations.Count;
    }

    private static async Task<LocalCluster?> TryOpenAsync(FaultyStorage storage)
    {
        try
        {
            return await LocalCluster.OpenAsync(
                _ => Task.FromResult<IStorage>(storage), GroupClient.Options, NullLoggerFactory.Instance,
                new ManualTimeProvider(), default);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private sealed class Promises
    {
        public int Generation { get; set; }

        public GroupMember? Member { get; set; }

        public int Asked { get; set; }

        public int Acknowledged { get; set; }
    }
}
