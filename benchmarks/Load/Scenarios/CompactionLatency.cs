using OrleansStream.Contracts;
using OrleansStream.Engine.Hosting;
using OrleansStream.Engine.Storage.Local;
using OrleansStream.Load.Reporting;
using OrleansStream.Load.Targets;
using OrleansStream.Load.Workloads;

namespace OrleansStream.Load.Scenarios;

/// <summary>
/// How long appends to some partitions take, at a fixed rate, while the same store compacts others on the same disk;
/// beside it how long they take while it does nothing else.
/// </summary>
internal static class CompactionLatency
{
    private const int RecordBytes = 1_024;
    private const int Partitions = 16;
    private const int OperationsPerSecond = 5_000;
    private const int CompactedPartitions = 4;
    private const int CompactedRecords = 80_000;

    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(30);

    public static async Task RunAsync(LoadRun run)
    {
        if (!SystemCalls.AreAvailable)
        {
            run.Skip("compaction-latency", "The pace is kept by calls of Linux.");
            return;
        }

        using var directory = new ScratchDirectory();
        await using var storage = await LocalStorage.OpenAsync(
            directory.Combine("data"), JournalSync.Always, CancellationToken.None);
        await using var store = await BareStore.OpenAsync(storage);
        var appended = await store.OpenPartitionsAsync(
            await store.CreateTopicAsync("appended", Partitions, new Dictionary<string, string>()));
        var records = new KeyedRecords(run.IsDryRun ? 2_000 : CompactedRecords, RecordBytes, duplicates: 50);
        var batch = new NumberedRecords(RecordBytes).Build(1);
        var next = new long[Partitions];
        foreach (var (acks, name, durability) in new[]
        {
            (Acks.Leader, "1", "acks=1, journaled behind"), (Acks.All, "all", "acks=all, synced to disk"),
        })
        {
            Func<int, ValueTask> appendAsync = async i =>
            {
                var partition = i % Partitions;
                var expected = next[partition]++; // The pace has one thread, so appends begin in this order.
                var reply = await appended[partition].AppendAsync(
                    new AppendRequest(batch, acks, s_timeout), CancellationToken.None);
                WrongResultException.ThrowUnlessEqual(
                    (long)StreamError.None, (long)reply.Error, "The error of an append");
                WrongResultException.ThrowUnlessEqual(expected, reply.BaseOffset, "The offset of an append");
            };

            // Both once before they are measured, for their code to be compiled.
            await OpenLoop.RunAsync(OperationsPerSecond, run.WarmUpTime, appendAsync);
            await BesideCompactionAsync(store, records, "before-" + name, appendAsync);
            var alone = await OpenLoop.RunAsync(OperationsPerSecond, run.CaseTime, appendAsync);
            Add(run, name + "/alone", durability, alone);
            Add(run, name, durability, await BesideCompactionAsync(store, records, name, appendAsync));
        }
    }

    private static async Task<LatencySummary> BesideCompactionAsync(
        LogStore store, KeyedRecords records, string suffix, Func<int, ValueTask> appendAsync)
    {
        var compacted = await CompactedTopic.CreateAsync(store, $"compacted-{suffix}", CompactedPartitions, records);
        var compaction = Task.Run(store.MaintainAsync);
        var latency = await OpenLoop.RunBesideAsync(OperationsPerSecond, compaction, appendAsync);
        await compaction;
        foreach (var partition in compacted)
        {
            await records.CheckAsync(partition);
        }

        return latency;
    }

    private static void Add(LoadRun run, string name, string durability, LatencySummary latency)
        => run.Add(new Figure(
            "compaction-latency/acks=" + name,
            OperationsPerSecond,
            "operations/s",
            new Setting("in process, open loop", durability, RecordBytes, 1, Workers: OperationsPerSecond, Partitions),
            Latency: latency));
}
