using System.CommandLine;
using OrleansStream.Engine.Inspection;

namespace OrleansStream.Cli.Storage;

/// <summary><c>ostream storage inspect</c>: what a stopped silo's storage holds.</summary>
internal sealed class InspectStorage : Verb
{
    private readonly Argument<string> _storage = StorageArguments.Create("storage", "Where the records are kept");
    private readonly Option<string?> _topic = new("--topic") { Description = "Only this topic, with its segments." };

    public InspectStorage()
        : base("inspect", "Show what a storage holds that no silo has open: partitions, segments and journals.")
    {
        Arguments.Add(_storage);
        Options.Add(_topic);
    }

    public override async Task<int> RunAsync(Session session, CancellationToken cancellationToken)
    {
        await using var storage = await StorageArguments
            .OpenAsync(session, _storage, mayBeNew: false, cancellationToken);
        var cluster = await StoredCluster.ReadAsync(storage.Tables, cancellationToken);
        var journals = await StoredJournal.ReadAllAsync(storage.Journals, cancellationToken);
        var topic = session.Parsed.GetValue(_topic);
        var partitions = cluster.Partitions.Where(partition => topic is null || partition.Topic == topic).ToList();
        session.Results.Show(
            new { cluster.Id, cluster.Openings, Partitions = partitions, Journals = journals },
            () =>
            {
                session.Results.Line($"cluster {cluster.Id ?? "-"}, opened {cluster.Openings} times");
                PrintPartitions(session, partitions);
                if (topic is not null)
                {
                    PrintSegments(session, partitions);
                }

                PrintJournals(session, journals);
            });
        return ExitCode.Success;
    }

    private static void PrintPartitions(Session session, List<StoredPartition> partitions)
        => session.Results.Table(
            ["topic", "partition#", "epoch#", "start#", "end in segments#", "segments#", "bytes#", "id"],
            partitions.Select(partition => new object?[]
            {
                partition.Topic, partition.Id.Partition, partition.Head.Epoch, partition.Head.LogStartOffset,
                partition.Segments.Count == 0 ? partition.Head.NextOffset : partition.Segments[^1].NextOffset,
                partition.Segments.Count, partition.FileBytes, partition.Id,
            }));

    private static void PrintSegments(Session session, List<StoredPartition> partitions)
        => session.Results.Table(
            ["partition#", "segment", "offsets#", "bytes#", "latest timestamp"],
            partitions.SelectMany(partition => partition.Segments, (partition, segment) => new object?[]
            {
                partition.Id.Partition, segment.Name, segment.NextOffset - segment.BaseOffset, segment.FileBytes,
                segment.MaxTimestamp < 0
                    ? null
                    : DateTimeOffset.FromUnixTimeMilliseconds(segment.MaxTimestamp).ToString("O"),
            }));

    private static void PrintJournals(Session session, IReadOnlyList<StoredJournalFile> journals)
        => session.Results.Table(
            ["journal file", "bytes#", "blocks#", "batches#", "records#", "damage"],
            journals.Select(file => new object?[]
            {
                file.Name, file.FileBytes, file.Blocks, file.Batches, file.Records, file.Damage,
            }));
}
