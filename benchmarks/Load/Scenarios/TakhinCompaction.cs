using System.Diagnostics;
using OrleansStream.Engine.Storage;
using OrleansStream.Engine.Storage.Local;
using OrleansStream.Engine.Storage.Memory;
using OrleansStream.Load.Limits;
using OrleansStream.Load.Reporting;
using OrleansStream.Load.Targets;
using OrleansStream.Load.Workloads;

namespace OrleansStream.Load.Scenarios;

/// <summary>
/// Compacts a partition of which a part of the records is superseded, in memory and on disk, and looks at what is left.
/// </summary>
/// <remarks>
/// Counted are the bytes read, each twice, and those written. In memory the limit is to copy as many, and the figure is
/// that of the fastest of five rounds; on disk the limit is to read as many from the system's cache and to write as
/// many, synced, and the figure is the median.
/// </remarks>
internal static class TakhinCompaction
{
    private const int OneKilobyte = 1_024;
    private const double GoalBytes = 100e6;

    /// <summary>Beyond so many records a round is long, and all code has run by then.</summary>
    private const int LongRoundRecords = 1_000_000;

    public static async Task RunAsync(LoadRun run)
    {
        foreach (var (segments, recordBytes, duplicates) in Cases(run.IsFull))
        {
            var records = new KeyedRecords(
                run.IsDryRun ? 2_000 : segments * (CompactedTopic.SegmentBytes / recordBytes), recordBytes, duplicates);
            await MeasureInMemoryAsync(run, records, $"{segments}x{recordBytes}/{duplicates}%");
            if (SystemCalls.AreAvailable)
            {
                await MeasureOnDiskAsync(run, records, $"{segments}x{recordBytes}/{duplicates}%");
            }
        }
    }

    private static IEnumerable<(int Segments, int RecordBytes, int Duplicates)> Cases(bool isFull)
        => from segments in isFull ? (int[])[10, 50, 100] : [10]
           from recordBytes in (int[])[100, OneKilobyte]
           from duplicates in isFull || recordBytes == OneKilobyte ? (int[])[30, 50, 70] : [50]
           select (segments, recordBytes, duplicates);

    private static async Task MeasureInMemoryAsync(LoadRun run, KeyedRecords records, string name)
    {
        // What a pass costs once there is memory to write to: whether the process has to get some is another matter.
        var rounds = await MeasureAsync(run, () => Task.FromResult<IStorage>(new MemoryStorage()), records);
        var compaction = rounds[0];
        var copy = MemoryLimit.MeasureCopy(compaction.ReadBytes + compaction.WrittenBytes);
        Add(run, "memory/" + name, compaction, new Comparison("memory copy", copy.PerSecond), records);
        var logBytes = compaction.ReadBytes / 2;
        run.Add(new Figure(
            $"takhin-compaction/memory/{name}/100MB",
            compaction.Throughput.Elapsed.TotalMilliseconds * GoalBytes / logBytes,
            "ms",
            SettingOf("in process, in memory", records)));
    }

    private static async Task MeasureOnDiskAsync(LoadRun run, KeyedRecords records, string name)
    {
        using var directory = new ScratchDirectory();
        var round = 0;
        var rounds = await MeasureAsync(run, async () => await LocalStorage.OpenAsync(
            directory.Combine($"data-{round++}"), JournalSync.Os, CancellationToken.None), records);
        var compaction = rounds[rounds.Length / 2];
        var path = directory.Combine("limit");
        var write = DiskLimit.MeasureWrite(path, Math.Max(1, compaction.WrittenBytes));
        var read = DiskLimit.MeasureRead([path], isCold: false);
        var seconds = (compaction.ReadBytes / read.PerSecond) + write.Elapsed.TotalSeconds;
        var limit = (compaction.ReadBytes + compaction.WrittenBytes) / seconds;
        Add(run, "disk/" + name, compaction, new Comparison("cached read + synced write", limit), records);
    }

    // Some rounds, the fastest first, after others in which the code is compiled, once roughly and then well.
    private static async Task<Compaction[]> MeasureAsync(
        LoadRun run, Func<Task<IStorage>> openAsync, KeyedRecords records)
    {
        var (warmingRounds, rounds) = run.IsDryRun ? (0, 1) : records.Count > LongRoundRecords ? (1, 5) : (8, 5);
        var compactions = new List<Compaction>();
        for (var round = 0; round < warmingRounds + rounds; round++)
        {
            await using var storage = await openAsync();
            compactions.Add(await CompactAsync(storage, records));
        }

        return [.. compactions.Skip(warmingRounds).OrderBy(compaction => compaction.Throughput.Elapsed)];
    }

    private static void Add(
        LoadRun run, string name, in Compaction compaction, Comparison limit, KeyedRecords records)
        => run.Add(new Figure(
            "takhin-compaction/" + name,
            compaction.Throughput.PerSecond,
            "B/s",
            SettingOf("in process", records),
            limit));

    private static Setting SettingOf(string place, KeyedRecords records)
        => new(place, "compacted", records.RecordBytes, KeyedRecords.PerBatch, 1, 1);

    private static async Task<Compaction> CompactAsync(IStorage storage, KeyedRecords records)
    {
        await using var store = await BareStore.OpenAsync(storage);
        var partition = (await CompactedTopic.CreateAsync(store, "compaction", 1, records))[0];
        var before = await partition.GetStatusAsync(CancellationToken.None);
        var start = Stopwatch.GetTimestamp();
        await store.MaintainAsync();
        var elapsed = Stopwatch.GetElapsedTime(start);
        var after = await partition.GetStatusAsync(CancellationToken.None);
        await records.CheckAsync(partition);
        return new Compaction(2 * before.SizeBytes, after.SizeBytes, elapsed);
    }

    private readonly record struct Compaction(long ReadBytes, long WrittenBytes, TimeSpan Elapsed)
    {
        public Throughput Throughput => new(ReadBytes + WrittenBytes, Elapsed);
    }
}
