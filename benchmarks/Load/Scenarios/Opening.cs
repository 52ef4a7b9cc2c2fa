using System.Diagnostics;
using OrleansStream.Contracts;
using OrleansStream.Engine.Hosting.Partitions;
using OrleansStream.Engine.Log;
using OrleansStream.Engine.Storage;
using OrleansStream.Engine.Storage.Local;
using OrleansStream.Engine.Storage.Memory;
using OrleansStream.Load.Reporting;
using OrleansStream.Load.Targets;
using OrleansStream.Load.Workloads;
using OrleansStream.TestKit.Storage;

namespace OrleansStream.Load.Scenarios;

/// <summary>Opens a partition with few and with many segments, and counts what is read for it.</summary>
/// <remarks>
/// The segments are small, and made in memory: the engine writes them, one record each, and they are copied to a local
/// disk. Measured are the storage, whose table is read whole; the partition, until it can be read and written; and its
/// history, until all segments are known, which goes on in the background.
/// </remarks>
internal static class Opening
{
    private const string Topic = "opening";
    private const int Rounds = 5;

    public static async Task RunAsync(LoadRun run)
    {
        int[] sizes = run.IsDryRun ? [20, 200] : [1_000, 10_000];
        var openings = new List<OpeningTimes>();
        foreach (var segments in sizes)
        {
            using var directory = new ScratchDirectory();
            var data = directory.Combine("data");
            await FillAsync(data, segments);
            var rounds = new List<OpeningTimes>();
            for (var i = 0; i < Rounds; i++)
            {
                rounds.Add(await OpenAsync(data, segments));
            }

            openings.Add(rounds.OrderBy(round => round.Partition).ElementAt(Rounds / 2));
        }

        var (few, many) = (openings[0], openings[1]);
        var beside = $"{sizes[0]} segments";
        Add(run, "partition", many.Partition.TotalMilliseconds, few.Partition.TotalMilliseconds, "ms", beside);
        Add(run, "reads", many.Reads, few.Reads, "reads", beside);
        Add(run, "history", many.History.TotalMilliseconds, few.History.TotalMilliseconds, "ms", beside);
        Add(run, "storage", many.Storage.TotalMilliseconds, few.Storage.TotalMilliseconds, "ms", beside);
    }

    private static void Add(LoadRun run, string name, double many, double few, string unit, string beside)
        => run.Add(new Figure($"opening/{name}", many, unit, Setting: null, new Comparison(beside, few)));

    private static async Task<OpeningTimes> OpenAsync(string data, int segments)
    {
        var start = Stopwatch.GetTimestamp();
        var local = await LocalStorage.OpenAsync(data, JournalSync.Os, CancellationToken.None);
        var storageTime = Stopwatch.GetElapsedTime(start);
        await using var storage = new WatchedStorage(local);
        await using var store = await BareStore.OpenAsync(storage);
        var topic = await store.Topics.FindAsync(Topic, CancellationToken.None)
            ?? throw new WrongResultException("The topic is not there.");

        // Until the partition is open the rows of the others are kept back: they are not counted.
        var opened = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        storage.OnQuery = _ => opened.Task;
        var readsBefore = storage.Reads + storage.Rows;
        start = Stopwatch.GetTimestamp();
        var partition = (await store.OpenPartitionsAsync(topic))[0];
        var partitionTime = Stopwatch.GetElapsedTime(start);
        var reads = storage.Reads + storage.Rows - readsBefore;
        opened.SetResult();
        await partition.FindOffsetAsync(new(OffsetKind.AtTimestamp, long.MaxValue), CancellationToken.None);
        var historyTime = Stopwatch.GetElapsedTime(start);
        await CheckAsync(partition, segments);
        return new(storageTime, partitionTime, historyTime, reads);
    }

    private static async Task CheckAsync(PartitionHost partition, int segments)
    {
        foreach (var offset in (long[])[0, segments / 2, segments - 1])
        {
            var reply = await partition.FetchAsync(
                new FetchRequest(offset, 1, MinBytes: 1, TimeSpan.Zero), CancellationToken.None);
            using var records = reply.Records;
            WrongResultException.ThrowUnlessEqual(
                offset + 1, RecordAudit.Check(reply, offset, verifyEvery: 1, isNumbered: true), "The end of a fetch");
        }
    }

    private static async Task FillAsync(string data, int segments)
    {
        await using var memory = new MemoryStorage();
        PartitionId id;
        await using (var store = await BareStore.OpenAsync(memory))
        {
            var topic = await store.CreateTopicAsync(Topic, 1, new Dictionary<string, string>());
            var partition = (await store.OpenPartitionsAsync(topic))[0];
            var records = new NumberedRecords(64);
            for (var i = 0; i < segments; i++)
            {
                await partition.AppendAsync(
                    new AppendRequest(records.Build(1), Acks.All, TimeSpan.FromSeconds(30)), CancellationToken.None);
                await partition.FlushAsync();
            }

            id = partition.Id;
        }

        await using var local = await LocalStorage.OpenAsync(data, JournalSync.Os, CancellationToken.None);
        await CopyRowsAsync(memory.Tables, local.Tables, PartitionRows.Table, id.ToString());
        await CopyRowsAsync(memory.Tables, local.Tables, "catalog", "topics");
        await CopyRowsAsync(memory.Tables, local.Tables, "cluster", "cluster");
        await CopyFilesAsync(memory.Segments, id, Path.Combine(data, "segments"));
    }

    private static async Task CopyRowsAsync(ITableStore from, ITableStore to, string table, string partitionKey)
    {
        var rows = await from.QueryAsync(table, partitionKey, CancellationToken.None);
        foreach (var batch in rows.Chunk(TableLimits.BatchOperations))
        {
            TableOperation[] operations =
                [.. batch.Select(row => new TableOperation(TableOperationKind.Upsert, row.RowKey, row.Value))];
            await to.ExecuteAsync(table, partitionKey, operations, CancellationToken.None);
        }
    }

    // As plain files: the storage would sync each of them, which takes long.
    private static async Task CopyFilesAsync(ISegmentStore from, PartitionId id, string directory)
    {
        var target = Directory.CreateDirectory(
            Path.Combine(directory, id.TopicId.ToString("N"), $"{id.Partition}")).FullName;
        foreach (var name in await from.ListAsync(id, CancellationToken.None))
        {
            await using var segment = await from.OpenAsync(id, name, CancellationToken.None);
            var bytes = new byte[segment.LengthBytes];
            await segment.ReadAsync(0, bytes, CancellationToken.None);
            File.WriteAllBytes(Path.Combine(target, $"{name}.segment"), bytes);
        }
    }

    /// <param name="Reads">Of rows and of segments, until the partition was open.</param>
    private readonly record struct OpeningTimes(TimeSpan Storage, TimeSpan Partition, TimeSpan History, long Reads);
}
