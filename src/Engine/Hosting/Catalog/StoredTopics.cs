using OrleansStream.Contracts;
using OrleansStream.Engine.Storage;
using OrleansStream.Engine.Topics;

namespace OrleansStream.Engine.Hosting.Catalog;

/// <summary>The catalog as its rows have it: what exists, and what is left to be cleared away.</summary>
internal sealed record StoredTopics(
    IReadOnlyList<TopicDescription> Topics, IReadOnlyDictionary<Guid, TombstoneRow> Tombstones)
{
    private readonly HashSet<Guid> _ids = [.. Topics.Select(topic => topic.Id)];

    /// <exception cref="InvalidDataException">A row is damaged; the message names it.</exception>
    public static async Task<StoredTopics> ReadAsync(ITableStore tables, CancellationToken cancellationToken)
    {
        var rows = await tables.QueryAsync(TopicRows.Table, TopicRows.PartitionKey, cancellationToken)
            .ConfigureAwait(false);
        var (topics, tombstones) = TopicRows.Decode(rows);
        return new StoredTopics(topics, tombstones);
    }

    public bool Exists(Guid topic) => _ids.Contains(topic);

    public bool WasDeleted(Guid topic) => Tombstones.ContainsKey(topic);

    public TopicSet ToSet() => Topics.Aggregate(TopicSet.Empty, static (all, topic) => all.With(topic));
}
