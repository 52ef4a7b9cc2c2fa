using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansStream.Contracts;
using OrleansStream.Embedded;
using OrleansStream.Engine.Groups;
using OrleansStream.Engine.Hosting;
using OrleansStream.Engine.Storage.Local;
using OrleansStream.Load.Limits;
using OrleansStream.Load.Reporting;
using OrleansStream.Load.Workloads;
using OrleansStream.TestKit.Contracts;

namespace OrleansStream.Load.Scenarios;

/// <summary>Rebalances of groups of several sizes, and commits of many groups at once.</summary>
internal static class Groups
{
    private const int Committers = 64;

    // A generation is stored when it is formed, and again when it is assigned.
    private const int SyncsPerRebalance = 2;

    public static async Task RunAsync(LoadRun run)
    {
        using var directory = new ScratchDirectory();
        await using var cluster = await OpenAsync(directory.Combine("data"));
        foreach (var members in (int[])[1, 10, 100])
        {
            await MeasureRebalancesAsync(run, cluster.Groups, directory, members);
        }

        await CommitAsync(cluster.Groups, run.WarmUpTime);
        var (ours, limit) = await run.MeasureBesideAsync(
            () => CommitAsync(cluster.Groups, run.CaseTime), () => MeasureSyncsAsync(run, directory, Committers));
        var setting = new Setting("in process", "synced", 0, 1, Committers, GroupClient.Options.Groups.PartitionCount);
        run.Add(new Figure("groups/commit", ours, "commits/s", setting, Beside($"fdatasync x {Committers}", limit)));
    }

    private static Task<LocalCluster> OpenAsync(string directory)
        => LocalCluster.OpenAsync(
            async token => await LocalStorage.OpenAsync(directory, JournalSync.Always, token),
            new EngineOptions { Groups = new GroupOptions { InitialRebalanceDelay = TimeSpan.Zero } },
            NullLoggerFactory.Instance,
            TimeProvider.System,
            CancellationToken.None);

    // From the moment all members join, as if each had just been told to, until the last has its assignment.
    private static async Task MeasureRebalancesAsync(
        LoadRun run, IGroupCoordinator groups, ScratchDirectory directory, int members)
    {
        var clients = Enumerable.Range(0, members).Select(_ => new GroupClient(groups, $"of-{members}")).ToArray();
        await RebalanceAsync(clients);
        var latency = new LatencyHistogram();
        var (ours, limit) = await run.MeasureBesideAsync(
            () => ClosedLoop.RunAsync(1, run.CaseTime, async (_, deadline) =>
            {
                var count = 0L;
                for (; !deadline.IsOver; count++)
                {
                    var start = Stopwatch.GetTimestamp();
                    await RebalanceAsync(clients);
                    latency.Add(Stopwatch.GetTimestamp() - start);
                }

                return count;
            }),
            async () => await MeasureSyncsAsync(run, directory, 1) is var syncs
                ? syncs with { Count = syncs.Count / SyncsPerRebalance }
                : default);
        var setting = new Setting("in process", "synced", 0, 1, members, 1);
        run.Add(new Figure(
            $"groups/rebalance/{members}", ours, "rebalances/s", setting,
            Beside($"fdatasync / {SyncsPerRebalance}", limit), latency.Summarize()));
    }

    // The leader's joining begins it; the others join because it did.
    private static async Task RebalanceAsync(GroupClient[] clients)
    {
        await Task.WhenAll(clients.OrderByDescending(client => client.IsLeader).Select(client => client.EnterAsync()));
        var generations = clients.Select(client => client.Generation).ToHashSet();
        WrongResultException.ThrowUnlessEqual(1, generations.Count, "Generations of one group");
    }

    private static Task<Throughput> CommitAsync(IGroupCoordinator groups, TimeSpan time)
        => ClosedLoop.RunAsync(Committers, time, async (worker, deadline) =>
        {
            var client = new GroupClient(groups, $"commits-{worker}");
            var partition = new PartitionId(Guid.NewGuid(), worker);
            var count = 0L;
            for (; !deadline.IsOver; count++)
            {
                var reply = await client.CommitAsync(new CommittedOffset(partition, count, -1, ""));
                WrongResultException.ThrowUnlessEqual(
                    (long)StreamError.None, (long)reply.Error, "The error of a commit");
            }

            return count;
        });

    // Commits that wait together share a sync at best; a rebalance waits for its own.
    private static Task<Throughput> MeasureSyncsAsync(LoadRun run, ScratchDirectory directory, int sharers)
    {
        const int appendBytes = 4 * 1_024;
        if (!SystemCalls.AreAvailable)
        {
            return Task.FromResult(new Throughput(0, run.CaseTime));
        }

        var syncs = DiskLimit.MeasureSyncs(directory.Path, appendBytes, run.CaseTime);
        return Task.FromResult(syncs with { Count = syncs.Count * sharers });
    }

    private static Comparison? Beside(string name, double limit) => limit > 0 ? new Comparison(name, limit) : null;
}
