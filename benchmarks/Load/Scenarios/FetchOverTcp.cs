using OrleansStream.Load.Limits;
using OrleansStream.Load.Reporting;
using OrleansStream.Load.Targets;
using OrleansStream.Load.Workloads;

namespace OrleansStream.Load.Scenarios;

/// <summary>How near large fetches of what is in memory come to what loopback TCP carries.</summary>
internal static class FetchOverTcp
{
    private const int RecordBytes = 1_024;
    private const int RecordsPerBatch = 64;
    private const int BatchesPerFetch = 16;
    private const int BytesPerPartition = 16 * 1_024 * 1_024;

    public static async Task RunAsync(LoadRun run)
    {
        using var directory = new ScratchDirectory();
        await using var target = await SiloTarget.StartAsync(directory.Combine("data"));
        var fetch = new FetchCase(
            FetchOrder.Sequential, RecordBytes, RecordsPerBatch, BatchesPerFetch, Workers: 1, Partitions: 1);
        await fetch.RunAsync(target, BytesPerPartition, run.WarmUpTime);
        var (ours, limit) = await run.MeasureBesideAsync(
            async () => InBytes(await fetch.RunAsync(target, BytesPerPartition, run.CaseTime)),
            () => LoopbackLimit.MeasureAsync(run.CaseTime));
        run.Add(new Figure(
            $"fetch-tcp/{RecordBytes}", ours, "B/s", fetch.SettingOn(target), new Comparison("loopback", limit)));
    }

    private static Throughput InBytes(Throughput records)
        => records with
        {
            Count = records.Count * NumberedRecords.BatchBytes(RecordBytes, RecordsPerBatch) / RecordsPerBatch,
        };
}
