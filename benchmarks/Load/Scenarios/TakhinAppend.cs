using OrleansStream.Contracts;
using OrleansStream.Load.Reporting;
using OrleansStream.Load.Targets;
using OrleansStream.Load.Workloads;

namespace OrleansStream.Load.Scenarios;

/// <summary>Appends in process as batches grow, and as producers, partitions and topics become more.</summary>
internal static class TakhinAppend
{
    private const int OneKilobyte = 1_024;

    public static async Task RunAsync(LoadRun run)
    {
        foreach (var (name, publish) in Cases(run.IsFull))
        {
            using var directory = new ScratchDirectory();
            await using var target = await EmbeddedTarget.OpenAsync(directory.Combine("data"));
            await publish.RunAsync(target, run.WarmUpTime / 4);
            var throughput = await publish.RunAsync(target, run.CaseTime / 2);
            run.Add(new Figure(
                "takhin-append/" + name,
                throughput.PerSecond * publish.RecordBytes,
                "B/s",
                publish.SettingOn(target)));
        }
    }

    private static IEnumerable<(string Name, PublishCase Publish)> Cases(bool isFull)
    {
        foreach (var recordBytes in isFull ? (int[])[100, OneKilobyte, 10 * OneKilobyte] : [OneKilobyte])
        {
            foreach (var recordsPerBatch in (int[])[1, 10, 100, 1_000])
            {
                // Kafka's default limit for a batch is a megabyte.
                if (recordBytes * recordsPerBatch <= 1_000 * OneKilobyte)
                {
                    yield return ($"batch={recordsPerBatch}/{recordBytes}", InMemory(recordBytes, recordsPerBatch));
                }
            }
        }

        foreach (var producers in isFull ? (int[])[1, 2, 4, 8] : [1, 2, 8])
        {
            yield return ($"producers={producers}", InMemory(OneKilobyte, 100, workers: producers, partitions: 8));
        }

        foreach (var partitions in (int[])[1, 4, 16])
        {
            yield return ($"partitions={partitions}", InMemory(OneKilobyte, 100, workers: 4, partitions));
        }

        foreach (var topics in (int[])[1, 5, 10])
        {
            yield return ($"topics={topics}", InMemory(OneKilobyte, 100, workers: 10, partitions: 4, topics));
        }

        yield return ("synced", InMemory(OneKilobyte, 100, workers: 8, partitions: 8) with
        {
            Acks = Acks.All,
            Durability = Durability.Flushed,
        });
    }

    private static PublishCase InMemory(
        int recordBytes, int recordsPerBatch, int workers = 1, int partitions = 1, int topics = 1)
        => new(Acks.Leader, Durability.Memory, recordBytes, recordsPerBatch, workers, partitions, topics);
}
