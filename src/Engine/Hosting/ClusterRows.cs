using System.Text.Json;
using OrleansStream.Engine.Storage;

namespace OrleansStream.Engine.Hosting;

/// <summary>The identity of a cluster, and how often its storage was opened.</summary>
public sealed record ClusterRow(string ClusterId, long Openings);

/// <summary>The first producer id that no block was reserved for yet.</summary>
public sealed record ProducerIdRow(long NextBlock);

/// <summary>The rows that belong to the cluster as a whole.</summary>
internal static class ClusterRows
{
    public const string Table = "cluster";
    public const string PartitionKey = "cluster";
    public const string IdentityKey = "identity";
    public const string ProducerIdsKey = "producer-ids";

    public static ReadOnlyMemory<byte> Encode(ClusterRow row)
        => JsonSerializer.SerializeToUtf8Bytes(row, RowJson.Default.ClusterRow);

    public static ReadOnlyMemory<byte> Encode(ProducerIdRow row)
        => JsonSerializer.SerializeToUtf8Bytes(row, RowJson.Default.ProducerIdRow);

    /// <summary>Counts one more opening, durably; makes the identity when there is none.</summary>
    public static async Task<ClusterRow> OpenAsync(ITableStore tables, CancellationToken cancellationToken)
    {
        var row = await tables.GetAsync(Table, PartitionKey, IdentityKey, cancellationToken).ConfigureAwait(false);
        var identity = row is null
            ? new ClusterRow(NewClusterId(), 0)
            : RowJson.Decode(row, RowJson.Default.ClusterRow);
        identity = identity with { Openings = identity.Openings + 1 };
        TableOperation write = row is null
            ? new(TableOperationKind.Insert, IdentityKey, Encode(identity))
            : new(TableOperationKind.Replace, IdentityKey, Encode(identity), row.ETag);
        await tables.ExecuteAsync(Table, PartitionKey, [write], cancellationToken).ConfigureAwait(false);
        return identity;
    }

    // Kafka's cluster ids are 22 characters of URL-safe base64.
    private static string NewClusterId()
        => Convert.ToBase64String(Guid.NewGuid().ToByteArray()).TrimEnd('=').Replace('+', '-').Replace('/', '_');
}
