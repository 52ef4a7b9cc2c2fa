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
/// before; what Azurite has lies in its memory, or in that of the system where it is too much for its own, so there the
/// requests are what costs. The local disk is read both through the system's cache alone and through the block cache.
/// Beside polls of a cold disk stand the same polls with all in the system's cache: what those take is not the disk's.
/// </remarks>
internal static class StreamhouseColdread
{
    private const int Mebibyte = 1_024 * 1_024;
    private const int SegmentBytes = 64 * Mebibyte;

    private const string Local = "local";
    private const string Azurite = "azurite";

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
            await MeasureAsync(
                run, Local, topic, topic with { OpenAsync = () => OpenAsync(topic.Name, isCold: false) });
            await MeasureAsync(
                run, "local-block-cache", topic with { OpenAsync = () => OpenCachedAsync(topic.Name, isCold: true) });
        }

        var warm = TopicsOf(run, 1, topic => OpenAsync(topic, isCold: false))[0];
        await MeasureAsync(run, "local-warm", warm);
        await MeasureAsync(
            run, "local-warm-block-cache", warm with { OpenAsync = () => OpenCachedAsync(warm.Name, isCold: false) });
    }

    // A process for each topic, as it keeps everything: in memory, or in files what is too much for that.
    private static async Task MeasureAzuriteAsync(LoadRun run)
    {
        AzuriteProcess? azurite = null;
        foreach (var topic in TopicsOf(run, run.IsFull ? 1 : 2, topic => OpenAzureAsync(azurite!, topic)))
        {
            using var directory = new ScratchDirectory();
            await using (azurite = await AzuriteProcess.StartAsync(run.IsFull ? directory.Path : null))
            {
                await topic.FillAsync();
                await MeasureAsync(run, Azurite, topic);
            }
        }
    }

    /// <param name="share">How many times less there is to read than the options say.</param>
    private static ColdTopic[] TopicsOf(LoadRun run, int share, Func<string, Task<IStorage>> openAsync)
    {
        ColdTopic Create(string name, int partitions, int recordsPerBatch, long bytes)
            => new(() => openAsync(name), name, partitions, bytes, recordsPerBatch, SegmentBytes);

        var bytes = run.ColdBytes / share;
        var pollBytes = Math.Min(bytes, 1_024L * Mebibyte);
        return
        [
            Create("sequential", 1, 100, bytes), Create("poll10", 10, 10, pollBytes),
            Create("poll100", 100, 10, pollBytes),
        ];
    }

    /// <param name="warm">The same topic, opened with what the last reading left in the cache.</param>
    private static Task MeasureAsync(LoadRun run, string place, ColdTopic topic, ColdTopic? warm = null)
        => topic.Partitions == 1
            ? MeasureSequentialAsync(run, place, topic)
            : MeasurePollsAsync(run, place, topic, warm);

    private static async Task MeasureSequentialAsync(LoadRun run, string place, ColdTopic topic)
    {
        ColdReading? reading = null;
        var (ours, limit) = await run.MeasureBesideAsync(
            async () => (reading = await topic.ReadAsync(Mebibyte)).Bytes,
            topic.ReadRawAsync,
            run.IsFull && place == Azurite ? 1 : LoadRun.RoundCount);
        run.Add(new Figure(
            $"streamhouse-coldread/{place}/sequential",
            ours,
            "B/s",
            topic.SettingOf(place),
            new Comparison("raw read", limit)));
        AddCache(run, $"streamhouse-coldread/{place}/sequential", reading!);
    }

    private static async Task MeasurePollsAsync(LoadRun run, string place, ColdTopic topic, ColdTopic? warm)
    {
        var rounds = new (ColdReading Cold, Comparison? Warm)[run.IsDryRun || warm is null ? 1 : LoadRun.RoundCount];
        for (var i = 0; i < rounds.Length; i++)
        {
            var cold = await ReadAsync(topic);
            rounds[i] = (cold, warm is null ? null : new("with all in memory", MillisecondsOf(await ReadAsync(warm))));
        }

        var (reading, comparison) = rounds.OrderBy(round => MillisecondsOf(round.Cold)).ElementAt(rounds.Length / 2);
        var name = $"streamhouse-coldread/{place}/poll-{topic.Partitions}";
        run.Add(new Figure(
            name, MillisecondsOf(reading), "ms", topic.SettingOf(place), comparison, reading.Polls.Summarize()));
        run.Add(new Figure($"{name}/first", reading.FirstPoll.TotalMilliseconds, "ms"));
        AddCache(run, name, reading);
    }

    private static Task<ColdReading> ReadAsync(ColdTopic topic) => topic.ReadAsync(PollBytes / topic.Partitions);

    private static double MillisecondsOf(ColdReading polls) => polls.Polls.Percentile(0.99).TotalMilliseconds;

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
