using System.Diagnostics;
using System.Globalization;
using OrleansStream.Contracts;
using OrleansStream.Load.Limits;
using OrleansStream.Load.Reporting;
using OrleansStream.Load.Targets;
using OrleansStream.Load.Workloads;
using OrleansStream.TestKit.Clients;

namespace OrleansStream.Load.Scenarios;

/// <summary>
/// Opens what a killed process left behind, with nothing of it in the system's cache, beside reading the same files.
/// </summary>
internal static class Recovery
{
    /// <summary>The verb by which this program runs itself as the process that is killed.</summary>
    public const string FillVerb = "fill";

    private const string Topic = "recovery";
    private const string Filled = "filled records=";
    private const int RecordBytes = 1_024;
    private const int RecordsPerBatch = 16;
    private const int Partitions = 16;

    // Below half of what the engine lets wait in memory: no segments are written before the kill.
    private const int FillBytes = 160 * 1_024 * 1_024;
    private const int DryRunBytes = 1_024 * 1_024;

    private static readonly TimeSpan s_fillTimeout = TimeSpan.FromMinutes(1);

    public static async Task RunAsync(LoadRun run)
    {
        if (!SystemCalls.AreAvailable)
        {
            run.Skip("recovery", "Emptying the system's cache takes calls of Linux.");
            return;
        }

        using var directory = new ScratchDirectory();
        var data = directory.Combine("data");
        var records = await FillAndKillAsync(data, run.IsDryRun ? DryRunBytes : FillBytes);
        string[] journals = Directory.GetFiles(Path.Combine(data, "journal"));
        var bytes = journals.Sum(path => new FileInfo(path).Length);
        var read = DiskLimit.MeasureRead(journals, isCold: true);
        var write = DiskLimit.MeasureWrite(directory.Combine("copy"), bytes);

        DiskLimit.DropFromCache(journals);
        var start = Stopwatch.GetTimestamp();
        var target = await EmbeddedTarget.OpenAsync(data);
        var elapsed = Stopwatch.GetElapsedTime(start);
        await using (target)
        {
            await CheckAsync(target, records);
        }

        var rate = new Throughput(bytes, elapsed).PerSecond;
        var setting = new Setting("in process", "reopened after kill -9", RecordBytes, RecordsPerBatch, 1, Partitions);
        run.Add(new Figure(
            "recovery/reopen", rate, "B/s", setting, new Comparison("cold sequential read", read.PerSecond)));

        // Recovery stores what it reads a second time before it serves, so no log can reopen faster than this.
        var both = bytes / (read.Elapsed + write.Elapsed).TotalSeconds;
        run.Add(new Figure(
            "recovery/reopen-and-store", rate, "B/s", setting, new Comparison("cold read + synced write", both)));
    }

    /// <summary>What the child does: appends, says how many records are safe, and waits to be killed.</summary>
    public static async Task FillAsync(string directory, int bytes)
    {
        await using var target = await EmbeddedTarget.OpenAsync(directory);
        await target.CreateTopicAsync(Topic, Partitions, new Dictionary<string, string>());
        var perPartition = bytes / Partitions / RecordBytes / RecordsPerBatch * RecordsPerBatch;
        await Parallel.ForAsync(0, Partitions, async (partition, _) =>
        {
            using var client = await target.OpenPartitionAsync(Topic, partition);
            var records = new NumberedRecords(RecordBytes);
            while (records.Next < perPartition)
            {
                var reply = await client.AppendAsync(records.Build(RecordsPerBatch), Acks.All);
                WrongResultException.ThrowUnlessEqual(
                    (long)StreamError.None, (long)reply.Error, "The error of an append");
            }
        });
        Console.WriteLine(Filled + perPartition);

        // Should nobody come to kill it, it does not stay for ever.
        await Task.Delay(s_fillTimeout, TimeProvider.System, CancellationToken.None);
    }

    private static async Task<int> FillAndKillAsync(string data, int bytes)
    {
        await using var child = ChildProcess.Start(
            Environment.ProcessPath!,
            [.. Arguments(), FillVerb, data, bytes.ToString(CultureInfo.InvariantCulture)]);
        var line = await child.WaitForLineAsync(Filled, s_fillTimeout);
        await child.KillAsync();
        return int.Parse(line.AsSpan(Filled.Length), NumberStyles.None, CultureInfo.InvariantCulture);
    }

    // Run by dotnet, a program is its first argument; run by its own executable, it is not.
    private static string[] Arguments()
        => Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet"
            ? [typeof(Recovery).Assembly.Location]
            : [];

    private static async Task CheckAsync(EmbeddedTarget target, int recordsPerPartition)
    {
        const int fetchBytes = 1_024 * 1_024;
        for (var partition = 0; partition < Partitions; partition++)
        {
            using var client = await target.OpenPartitionAsync(Topic, partition);
            var offset = 0L;
            while (offset < recordsPerPartition)
            {
                var reply = await client.FetchAsync(offset, fetchBytes, TimeSpan.Zero);
                offset = RecordAudit.Check(reply, offset, verifyEvery: 101, isNumbered: true);
            }

            WrongResultException.ThrowUnlessEqual(recordsPerPartition, offset, "Records recovered");
        }
    }
}
