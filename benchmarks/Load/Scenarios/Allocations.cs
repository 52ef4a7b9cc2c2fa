using OrleansStream.Contracts;
using OrleansStream.Load.Reporting;
using OrleansStream.Load.Targets;
using OrleansStream.Load.Workloads;

namespace OrleansStream.Load.Scenarios;

/// <summary>How many bytes of garbage an append makes, beyond the memory its record is stored in.</summary>
/// <remarks>
/// A partition takes its memory in chunks of a megabyte, and a window of appends is a third of one. The median window
/// is therefore one in which no chunk was taken: all it allocates is garbage.
/// </remarks>
internal static class Allocations
{
    private const int RecordBytes = 256;
    private const int WindowAppends = 1_000;
    private const int Windows = 15;

    /// <summary>Until the chunks have grown to a megabyte, which takes two of them.</summary>
    private const int WarmUpBytes = 3 * 1_024 * 1_024;

    public static async Task RunAsync(LoadRun run)
    {
        using var directory = new ScratchDirectory();
        await using var target = await EmbeddedTarget.OpenAsync(directory.Combine("data"));
        await MeasureAsync(run, target, "memory", Acks.Leader, Durability.Memory);
        await MeasureAsync(run, target, "journaled", Acks.Leader, Durability.Flushed);
        await MeasureAsync(run, target, "synced", Acks.All, Durability.Flushed);
    }

    private static async Task MeasureAsync(
        LoadRun run, EmbeddedTarget target, string name, Acks acks, Durability durability)
    {
        var configs = new Dictionary<string, string> { ["durability"] = durability.ToString().ToLowerInvariant() };
        await target.CreateTopicAsync(name, 1, configs);
        using var client = await target.OpenPartitionAsync(name, 0);
        var records = new NumberedRecords(RecordBytes);
        await AppendAsync(client, records, acks, WarmUpBytes / NumberedRecords.BatchBytes(RecordBytes, 1));
        var windows = new long[Windows];
        for (var i = 0; i < windows.Length; i++)
        {
            var before = GC.GetTotalAllocatedBytes(precise: true);
            await AppendAsync(client, records, acks, WindowAppends);
            windows[i] = GC.GetTotalAllocatedBytes(precise: true) - before;
        }

        Array.Sort(windows);
        run.Add(new Figure(
            "allocations/" + name,
            Math.Round((double)windows[Windows / 2] / WindowAppends, 1),
            "B",
            new Setting(target.Place, $"acks={acks}, {durability}".ToLowerInvariant(), RecordBytes, 1, 1, 1)));
    }

    private static async Task AppendAsync(IPartitionClient client, NumberedRecords records, Acks acks, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var expected = records.Next;
            var reply = await client.AppendAsync(records.Build(1), acks);
            WrongResultException.ThrowUnlessEqual(expected, reply.BaseOffset, "The offset of an append");
        }
    }
}
