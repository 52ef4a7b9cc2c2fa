using OrleansStream.Load.Limits;
using OrleansStream.Load.Reporting;
using OrleansStream.Load.Workloads;

namespace OrleansStream.Load.Scenarios;

/// <summary>What the machine itself does, measured with nothing of ours on the way but the batch encoder.</summary>
internal static class LimitScenario
{
    private const int SyncedAppendBytes = 4 * 1_024;

    public static async Task RunAsync(LoadRun run)
    {
        foreach (var recordBytes in (int[])[256, 1_024])
        {
            Add(run, $"encode+crc+copy/{recordBytes}", "records/s",
                await MemoryLimit.MeasureAsync(recordBytes, partitions: 64, run.CaseTime));
        }

        Add(run, "loopback", "B/s", await LoopbackLimit.MeasureAsync(run.CaseTime));
        if (!SystemCalls.AreAvailable)
        {
            run.Skip("limit of the disk", "It takes calls of Linux.");
            return;
        }

        using var directory = new ScratchDirectory();
        var path = directory.Combine("sequential");
        Add(run, "fdatasync", "syncs/s", DiskLimit.MeasureSyncs(directory.Path, SyncedAppendBytes, run.CaseTime));
        Add(run, "file-write", "B/s", DiskLimit.MeasureWrite(path, run.IsDryRun ? 1 << 20 : 512 << 20));
        Add(run, "file-read/cached", "B/s", DiskLimit.MeasureRead([path], isCold: false));
        Add(run, "file-read/cold", "B/s", DiskLimit.MeasureRead([path], isCold: true));
    }

    private static void Add(LoadRun run, string name, string unit, Throughput throughput)
        => run.Add(new Figure("limit/" + name, throughput.PerSecond, unit));
}
