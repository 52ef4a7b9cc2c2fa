using System.Text.Json;
using OrleansStream.Contracts;
using OrleansStream.Engine.Storage;

namespace OrleansStream.Engine.Topics;

/// <summary>A topic as the catalog's table holds it; its name is the row key.</summary>
public sealed record TopicRow(Guid Id, int PartitionCount, Dictionary<string, string> Configs);

/// <summary>What remains of a deleted topic, until no journal can hold a record of it; its id is the row key.</summary>
public sealed record TombstoneRow(string Name, int PartitionCount);

/// <summary>
/// The rows of the catalog: topics and tombstones under one partition key, so that a deletion is one batch.
/// </summary>
public static class TopicRows
{
    public const string Table = "catalog";
    public const string PartitionKey = "topics";

    /// <summary>On a shared storage: which opening of it may change the topics.</summary>
    public const string OwnerKey = "owner";

    private const string TopicPrefix = "topic-";
    private const string TombstonePrefix = "tombstone-";

    public static string TopicKey(string name) => TopicPrefix + name;

    public static string TombstoneKey(Guid id) => TombstonePrefix + id.ToString("N");

    public static ReadOnlyMemory<byte> Encode(TopicDescription topic)
        => JsonSerializer.SerializeToUtf8Bytes(
            new TopicRow(topic.Id, topic.PartitionCount, new(topic.Configs)), RowJson.Default.TopicRow);

    public static ReadOnlyMemory<byte> EncodeTombstone(TopicDescription topic)
        => JsonSerializer.SerializeToUtf8Bytes(
            new TombstoneRow(topic.Name, topic.PartitionCount), RowJson.Default.TombstoneRow);

    /// <summary>Reads all rows of the catalog.</summary>
    /// <exception cref="InvalidDataException">A row is damaged; the message names it.</exception>
    public static (List<TopicDescription> Topics, Dictionary<Guid, TombstoneRow> Tombstones) Decode(
        IReadOnlyList<TableRow> rows)
    {
        List<TopicDescription> topics = [];
        Dictionary<Guid, TombstoneRow> tombstones = [];
        foreach (var row in rows)
        {
            if (row.RowKey.StartsWith(TopicPrefix, StringComparison.Ordinal))
            {
                var topic = RowJson.Decode(row, RowJson.Default.TopicRow);
                topics.Add(new(row.RowKey[TopicPrefix.Length..], topic.Id, topic.PartitionCount, topic.Configs));
            }
            else if (row.RowKey.StartsWith(TombstonePrefix, StringComparison.Ordinal))
            {
                tombstones.Add(
                    Guid.ParseExact(row.RowKey[TombstonePrefix.Length..], "N"),
                    RowJson.Decode(row, RowJson.Default.TombstoneRow));
            }
        }

        return (topics, tombstones);
    }
}
