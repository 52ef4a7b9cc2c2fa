using OrleansStream.Contracts;
using OrleansStream.Load.Reporting;
using OrleansStream.Load.Targets;
using OrleansStream.Load.Workloads;

namespace OrleansStream.Load.Scenarios;

/// <summary>
/// How long an append and a fetch take in process when they come at a fixed rate, each from when it was due.
/// </summary>
internal static class TakhinLatency
{
    private const int RecordBytes = 1_024;
    private const int Partitions = 16;
    private const int OperationsPerSecond = 5_000;
    private const string Topic = "latency";

    public static async Task RunAsync(LoadRun run)
    {
        if (!SystemCalls.AreAvailable)
        {
            run.Skip("takhin-latency", "The pace is kept by calls of Linux.");
            return;
        }

        using var directory = new ScratchDirectory();
        await using var target = await EmbeddedTarget.OpenAsync(directory.Combine("data"));
        await target.CreateTopicAsync(Topic, Partitions, new Dictionary<string, string>());
        var clients = await Task.WhenAll(
            Enumerable.Range(0, Partitions).Select(partition => target.OpenPartitionAsync(Topic, partition)));
        var batch = new NumberedRecords(RecordBytes).Build(1);
        var next = new long[Partitions];
        foreach (var (acks, durability) in new[] { (
            Acks.Leader, "acks=1, journaled behind"), (Acks.All, "acks=all, synced to disk") })
        {
            await MeasureAsync(run, $"produce/acks={(acks == Acks.All ? "all" : "1")}", durability, async i =>
            {
                var partition = i % Partitions;
                var expected = next[partition]++; // The pace has one thread, so appends begin in this order.
                var reply = await clients[partition].AppendAsync(batch, acks);
                WrongResultException.ThrowUnlessEqual(
                    (long)StreamError.None, (long)reply.Error, "The error of an append");
                WrongResultException.ThrowUnlessEqual(expected, reply.BaseOffset, "The offset of an append");
            });
        }

        await MeasureAsync(run, "fetch", "tail reads of one batch", async i =>
        {
            var offset = i / Partitions % next[i % Partitions];
            using var client = await target.OpenPartitionAsync(Topic, i % Partitions);
            var reply = await client.FetchAsync(offset, 1);
            WrongResultException.ThrowUnlessEqual(
                offset + 1, RecordAudit.Check(reply, offset, verifyEvery: 0, isNumbered: false), "The end of a fetch");
        });
    }

    private static async Task MeasureAsync(LoadRun run, string name, string durability, Func<int, ValueTask> operation)
    {
        var latency = await OpenLoop.RunAsync(OperationsPerSecond, run.CaseTime, operation);
        run.Add(new Figure(
            "takhin-latency/" + name,
            OperationsPerSecond,
            "operations/s",
            new Setting("in process, open loop", durability, RecordBytes, 1, Workers: OperationsPerSecond, Partitions),
            Latency: latency));
    }
}
