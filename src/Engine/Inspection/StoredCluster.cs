using OrleansStream.Contracts;
using OrleansStream.Engine.Hosting.Catalog;
using OrleansStream.Engine.Log;
using OrleansStream.Engine.Storage;
using OrleansStream.Engine.Topics;

namespace OrleansStream.Engine.Inspection;

/// <summary>What a storage says of one partition.</summary>
/// <param name="Segments">By offset.</param>
public sealed record StoredPartition(
    string Topic, PartitionId Id, PartitionHead Head, IReadOnlyList<SegmentEntry> Segments)
{
    public long FileBytes => Segments.Sum(segment => segment.FileBytes);

    /// <summary>How errors name one of its segments.</summary>
    internal string Describe(SegmentEntry segment) => $"Segment {segment.Name} of {Topic}-{Id.Partition}";
}

/// <summary>What a storage says it holds, read from its tables while no silo has it open.</summary>
/// <param name="Id">Null when no silo ever opened the storage.</param>
/// <param name="Openings">How often it was opened.</param>
/// <param name="Partitions">Of all topics that are not deleted, by topic and number.</param>
public sealed record StoredCluster(string? Id, long Openings, IReadOnlyList<StoredPartition> Partitions)
{
    /// <exception cref="InvalidDataException">A row is damaged; the message names it.</exception>
    public static async Task<StoredCluster> ReadAsync(ITableStore tables, CancellationToken cancellationToken)
    {
        var identity = await ClusterRows.FindAsync(tables, cancellationToken).ConfigureAwait(false);
        var rows = await tables.QueryAsync(TopicRows.Table, TopicRows.PartitionKey, cancellationToken)
            .ConfigureAwait(false);
        List<StoredPartition> partitions = [];
        foreach (var topic in TopicRows.Decode(rows).Topics.OrderBy(topic => topic.Name, StringComparer.Ordinal))
        {
            for (var number = 0; number < topic.PartitionCount; number++)
            {
                partitions.Add(await ReadAsync(tables, topic.Name, new(topic.Id, number), cancellationToken)
                    .ConfigureAwait(false));
            }
        }

        return new(identity?.ClusterId, identity?.Openings ?? 0, partitions);
    }

    private static async Task<StoredPartition> ReadAsync(
        ITableStore tables, string topic, PartitionId id, CancellationToken cancellationToken)
    {
        var rows = await tables.QueryAsync(PartitionRows.Table, id.ToString(), cancellationToken).ConfigureAwait(false);
        var head = rows.FirstOrDefault(row => row.RowKey == PartitionRows.HeadKey);
        return new(
            topic,
            id,
            head is null ? PartitionHead.Empty : PartitionRows.DecodeHead(head),
            [.. rows.Where(row => PartitionRows.IsSegmentKey(row.RowKey))
                .Select(PartitionRows.DecodeSegment)
                .OrderBy(segment => segment.BaseOffset)
                .ThenBy(segment => segment.NextOffset)]);
    }
}
