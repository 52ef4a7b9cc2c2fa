using OrleansStream.AzureStorage;
using OrleansStream.Engine.Storage;
using OrleansStream.Engine.Storage.Local;
using OrleansStream.Load.Limits;
using OrleansStream.Load.Reporting;
using OrleansStream.Load.Workloads;
using OrleansStream.TestKit.Clients;
using OrleansStream.TestKit.Storage;

namespace OrleansStream.Load.Scenarios;

/// <summary>
/// A consumer that begins at the beginning, of a topic that nobody has read for long, on a local disk and on Azurite.
/// </summary>
/// <remarks>
/// Each topic lies in a storage of its own, and each reading opens that anew. Files are dropped from the system's cache
/// before; what Azurite has lies in its memory, so there the requests are what costs. The local disk is read both
/// through the system's cache alone and through the block cache.
/// </remarks>
internal static class StreamhouseColdread
{
    private const int Mebibyte = 1_024 * 1_024;
    private const int SegmentBytes = 64 * Mebibyte;

    /// <summary>What a poll gets of all partitions together.</summary>
    private const int PollBytes = Mebibyte;

    public static async Task RunAsync(LoadRun run)
    {
        if (SystemCalls.AreAvailable)
        {
            await MeasureLocalAsync(run);
        }
        else
        {
            run.Skip("local disk", "Emptying the system's cache takes calls of Linux.");
        }

        if (Prerequisite.WhyMissing("azurite") is { } reason)
        {
            run.Skip("azurite", reason);
            return;
        }

        await MeasureAzuriteAsync(run);
    }

    // Without and with the block cache, on the same files.
    private static async Task MeasureLocalAsync(LoadRun run)
    {
        using var directory = new ScratchDirectory();
        Task<IStorage> OpenAsync(string topic, bool isCold) => OpenLocalAsync(directory.Combine(topic), isCold);
        async Task<IStorage> OpenCachedAsync(string topic, bool isCold)
            => new WatchedStorage(await OpenAsync(topic, isCold), isRemote: true);

        foreach (var topic in TopicsOf(run, 1, topic => OpenAsync(topic, isCold: true)))
        {
            await topic.FillAsync();
            await MeasureAsync(run, "local", topic);
            await MeasureAsync(
                run, "local-block-cache", topic with { OpenAsync = () => OpenCachedAsync(topic.Name, isCold: true) });
        }

        var warm = TopicsOf(run, 1, topic => OpenAsync(topic, isCold: false))[0];
        await MeasureAsync(run, "local-warm", warm);
        await MeasureAsync(
            run, "local-warm-block-cache", warm with { OpenAsync = () => OpenCachedAsync(warm.Name, isCold: false) });
    }

    // A process for each topic, as it keeps everything in memory.
    private static async Task MeasureAzuriteAsync(LoadRun run)
    {
        AzuriteProcess? azurite = null;
        foreach (var topic in TopicsOf(run, run.IsFull ? 1 : 2, topic => OpenAzureAsync(azurite!, topic)))
        {
            await using (azurite = await AzuriteProcess.StartAsync())
            {
                await topic.FillAsync();
                await MeasureAsync(run, "azurite", topic);
            }
        }
    }

    /// <param name="share">How many times less there is to read than the options say.</param>
    private static ColdTopic[] TopicsOf(LoadRun run, int share, Func<string, Task<IStorage>> openAsync)
    {
        ColdTopic Create(string name, int partitions, int recordsPerBatch, long bytes)
            => new(() => openAsync(name), name, partitions, bytes, recordsPerBatch, SegmentBytes);

        var bytes = run.ColdBytes / share;
        var pollBytes = Math.Min(bytes / 2, 1_024L * Mebibyte);
        return
        [
            Create("sequential", 1, 100, bytes), Create("poll10", 10, 10, pollBytes),
            Create("poll100", 100, 10, pollBytes),
        ];
    }

    private static Task MeasureAsync(LoadRun run, string place, ColdTopic topic)
        => topic.Partitions == 1
            ? MeasureSequentialAsync(run, place, topic)
            : MeasurePollsAsync(run, place, topic);

    private static async Task MeasureSequentialAsync(LoadRun run, string place, ColdTopic topic)
    {
        ColdReading? reading = null;
        var (ours, limit) = await run.MeasureBesideAsync(
            async () => (reading = await topic.ReadAsync(Mebibyte)).Bytes, topic.ReadRawAsync);
        run.Add(new Figure(
            $"streamhouse-coldread/{place}/sequential",
            ours,
            "B/s",
            topic.SettingOf(place),
            new Comparison("raw read", limit)));
        AddCache(run, $"streamhouse-coldread/{place}/sequential", reading!);
    }

    private static async Task MeasurePollsAsync(LoadRun run, string place, ColdTopic topic)
    {
        var reading = await topic.ReadAsync(PollBytes / topic.Partitions);
        var latency = reading.Polls.Summarize();
        var name = $"streamhouse-coldread/{place}/poll-{topic.Partitions}";
        run.Add(new Figure(
            name, latency.P99.TotalMilliseconds, "ms", topic.SettingOf(place), Comparison: null, latency));
        AddCache(run, name, reading);
    }

    private static void AddCache(LoadRun run, string name, ColdReading reading)
    {
        if (reading.BlockReads > 0)
        {
            run.Add(new Figure(
                $"{name}/hits", reading.Cache.Hits, "reads", null, new("reads of blocks", reading.BlockReads)));
            run.Add(new Figure(
                $"{name}/wasted", reading.Cache.Wasted, "blocks", null, new("prefetched", reading.Cache.Prefetched)));
        }
    }

    private static async Task<IStorage> OpenLocalAsync(string directory, bool isCold)
    {
        if (isCold && Directory.Exists(directory))
        {
            DiskLimit.DropFromCache(Directory.EnumerateFiles(directory, "*.segment", SearchOption.AllDirectories));
        }

        return await LocalStorage.OpenAsync(directory, JournalSync.Os, CancellationToken.None);
    }

    private static async Task<IStorage> OpenAzureAsync(AzuriteProcess azurite, string topic)
        => await AzureStore.OpenAsync(
            AzureAccount.Parse(azurite.ConnectionString),
            new AzureStoreOptions { Name = topic },
            TimeProvider.System,
            CancellationToken.None);
}
