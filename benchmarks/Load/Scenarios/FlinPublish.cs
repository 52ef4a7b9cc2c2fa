using OrleansStream.Contracts;
using OrleansStream.Load.Limits;
using OrleansStream.Load.Reporting;
using OrleansStream.Load.Targets;
using OrleansStream.Load.Workloads;

namespace OrleansStream.Load.Scenarios;

/// <summary>64 workers, worker i on partition i, one record per request and one request in flight each.</summary>
internal static class FlinPublish
{
    private const int Workers = 64;

    private static readonly (string Name, Acks Acks, Durability Durability)[] s_guarantees =
    [
        ("memory", Acks.Leader, Durability.Memory),
        ("journaled", Acks.Leader, Durability.Flushed),
        ("synced", Acks.All, Durability.Flushed),
    ];

    public static async Task RunInProcessAsync(LoadRun run)
    {
        foreach (var (name, publish) in Cases())
        {
            await InProcessAsync(run, name, publish);
        }
    }

    public static async Task RunOverTcpAsync(LoadRun run)
    {
        using var directory = new ScratchDirectory();
        await using var target = await SiloTarget.StartAsync(directory.Combine("data"));
        foreach (var (name, publish) in Cases())
        {
            await publish.RunAsync(target, run.WarmUpTime);
            var throughput = await publish.RunAsync(target, run.CaseTime);
            run.Add(new Figure(
                "flin-publish/tcp/" + name, throughput.PerSecond, "records/s", publish.SettingOn(target)));
        }
    }

    private static IEnumerable<(string Name, PublishCase Publish)> Cases()
        => from recordBytes in (int[])[256, 1_024]
           from guarantee in s_guarantees
           select ($"{guarantee.Name}/{recordBytes}",
               new PublishCase(guarantee.Acks, guarantee.Durability, recordBytes, 1, Workers, Partitions: Workers));

    private static async Task InProcessAsync(LoadRun run, string name, PublishCase publish)
    {
        using var directory = new ScratchDirectory();
        await using var target = await EmbeddedTarget.OpenAsync(directory.Combine("data"));
        await publish.RunAsync(target, run.WarmUpTime);
        name = "flin-publish/in-process/" + name;
        if (Goal.All.All(goal => goal.Figure != name))
        {
            var throughput = await publish.RunAsync(target, run.CaseTime);
            run.Add(new Figure(name, throughput.PerSecond, "records/s", publish.SettingOn(target)));
            return;
        }

        var (ours, limit) = await run.MeasureBesideAsync(
            () => publish.RunAsync(target, run.CaseTime),
            () => publish.Acks == Acks.All ? MeasureSyncsAsync(run, directory) : MeasureMemoryAsync(run, publish));
        var comparison = new Comparison(publish.Acks == Acks.All ? "fdatasync x 64" : "encode+crc+copy", limit);
        run.Add(new Figure(name, ours, "records/s", publish.SettingOn(target), limit > 0 ? comparison : null));
    }

    private static Task<Throughput> MeasureMemoryAsync(LoadRun run, PublishCase publish)
        => MemoryLimit.MeasureAsync(publish.RecordBytes, publish.Partitions, run.CaseTime);

    // All workers wait for the same sync at best, so a disk serves each of them once per sync.
    private static Task<Throughput> MeasureSyncsAsync(LoadRun run, ScratchDirectory directory)
    {
        const int appendBytes = 4 * 1_024;
        if (!SystemCalls.AreAvailable)
        {
            return Task.FromResult(new Throughput(0, run.CaseTime));
        }

        var syncs = DiskLimit.MeasureSyncs(directory.Path, appendBytes, run.CaseTime);
        return Task.FromResult(syncs with { Count = syncs.Count * Workers });
    }
}
