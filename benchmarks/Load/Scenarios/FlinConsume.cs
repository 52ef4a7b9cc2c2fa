using OrleansStream.Load.Reporting;
using OrleansStream.Load.Targets;
using OrleansStream.Load.Workloads;

namespace OrleansStream.Load.Scenarios;

/// <summary>
/// 64 workers, worker i on partition i, ten records per request: always the first ten, and honestly onwards.
/// </summary>
internal static class FlinConsume
{
    private const int Workers = 64;
    private const int RecordsPerFetch = 10;
    private const int BytesPerPartition = 256 * 1_024;

    public static async Task RunAsync(LoadRun run)
    {
        using var directory = new ScratchDirectory();
        await using (var target = await EmbeddedTarget.OpenAsync(directory.Combine("embedded")))
        {
            await RunAsync(run, target, "in-process");
        }

        await using (var target = await SiloTarget.StartAsync(directory.Combine("silo")))
        {
            await RunAsync(run, target, "tcp");
        }
    }

    private static async Task RunAsync(LoadRun run, ILoadTarget target, string place)
    {
        foreach (var recordBytes in (int[])[256, 1_024])
        {
            foreach (var order in (FetchOrder[])[FetchOrder.Again, FetchOrder.Sequential])
            {
                var fetch = new FetchCase(order, recordBytes, 1, RecordsPerFetch, Workers, Workers);
                await fetch.RunAsync(target, BytesPerPartition, run.WarmUpTime);
                var throughput = await fetch.RunAsync(target, BytesPerPartition, run.CaseTime);
                run.Add(new Figure(
                    $"flin-consume/{place}/{order}/{recordBytes}".ToLowerInvariant(),
                    throughput.PerSecond,
                    "records/s",
                    fetch.SettingOn(target)));
            }
        }
    }
}
