using OrleansStream.Load.Reporting;
using OrleansStream.Load.Targets;
using OrleansStream.Load.Workloads;

namespace OrleansStream.Load.Scenarios;

/// <summary>Reads in process: onwards and anywhere, by one consumer and by several.</summary>
internal static class TakhinFetch
{
    private const int OneKilobyte = 1_024;
    private const int BytesPerPartition = 8 * 1_024 * 1_024;

    public static async Task RunAsync(LoadRun run)
    {
        using var directory = new ScratchDirectory();
        await using var target = await EmbeddedTarget.OpenAsync(directory.Combine("data"));
        foreach (var (name, fetch) in Cases(run.IsFull))
        {
            await fetch.RunAsync(target, BytesPerPartition, run.WarmUpTime / 4);
            var throughput = await fetch.RunAsync(target, BytesPerPartition, run.CaseTime / 2);
            run.Add(new Figure(
                "takhin-fetch/" + name, throughput.PerSecond * fetch.RecordBytes, "B/s", fetch.SettingOn(target)));
        }
    }

    private static IEnumerable<(string Name, FetchCase Fetch)> Cases(bool isFull)
    {
        foreach (var recordBytes in isFull ? (int[])[100, OneKilobyte, 10 * OneKilobyte] : [OneKilobyte])
        {
            yield return ($"sequential/{recordBytes}", new(FetchOrder.Sequential, recordBytes, 10, 10, 1, 1));
            yield return ($"random/{recordBytes}", new(FetchOrder.Random, recordBytes, 1, 1, 1, 1));
        }

        foreach (var consumers in isFull ? (int[])[1, 2, 4, 8] : [1, 4])
        {
            yield return ($"consumers={consumers}", new(FetchOrder.Sequential, OneKilobyte, 10, 10, consumers, 8));
        }
    }
}
