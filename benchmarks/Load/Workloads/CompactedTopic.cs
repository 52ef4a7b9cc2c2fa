using OrleansStream.Engine.Hosting;
using OrleansStream.Engine.Hosting.Partitions;
using OrleansStream.Load.Targets;

namespace OrleansStream.Load.Workloads;

/// <summary>A topic of which all that it holds is to be compacted.</summary>
internal static class CompactedTopic
{
    public const int SegmentBytes = 8 * 1_024 * 1_024;

    /// <summary>Creates it, with the same records in segments of each partition.</summary>
    public static async Task<PartitionHost[]> CreateAsync(
        LogStore store, string name, int partitions, KeyedRecords records)
    {
        var configs = new Dictionary<string, string>
        {
            ["cleanup.policy"] = "compact",
            ["segment.bytes"] = $"{SegmentBytes}",
        };
        var opened = await store.OpenPartitionsAsync(await store.CreateTopicAsync(name, partitions, configs));
        foreach (var partition in opened)
        {
            await records.AppendAsync(partition);
            await partition.FlushAsync();
        }

        GC.Collect(); // What writing the records left behind is no part of what is measured next.
        return opened;
    }
}
