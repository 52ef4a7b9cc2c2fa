using System.Text.Json;
using OrleansStream.Engine.Storage;

namespace OrleansStream.Engine.Hosting.Catalog;

/// <summary>The identity of a cluster, and how often its storage was opened.</summary>
public sealed record ClusterRow(string ClusterId, long Openings);

/// <summary>The first producer id that no block was reserved for yet.</summary>
public sealed record ProducerIdRow(long NextBlock);

/// <summary>A copy of another storage is being made here, and is not whole yet.</summary>
/// <param name="ClusterId">The cluster that is copied.</param>
public sealed record MigrationRow(string ClusterId);

/// <summary>The rows that belong to the cluster as a whole.</summary>
internal static class ClusterRows
{
    public const string Table = "cluster";
    public const string PartitionKey = "cluster";
    public const string IdentityKey = "identity";
    public const string ProducerIdsKey = "producer-ids";
    public const string MigrationKey = "migration";

    public static ReadOnlyMemory<byte> Encode(ClusterRow row)
        => JsonSerializer.SerializeToUtf8Bytes(row, RowJson.Default.ClusterRow);

    public static ReadOnlyMemory<byte> Encode(ProducerIdRow row)
        => JsonSerializer.SerializeToUtf8Bytes(row, RowJson.Default.ProducerIdRow);

    public static ReadOnlyMemory<byte> Encode(MigrationRow row)
        => JsonSerializer.SerializeToUtf8Bytes(row, RowJson.Default.MigrationRow);

    /// <summary>The identity; null when no silo ever opened the storage.</summary>
    public static async Task<ClusterRow?> FindAsync(ITableStore tables, CancellationToken cancellationToken)
        => await tables.GetAsync(Table, PartitionKey, IdentityKey, cancellationToken).ConfigureAwait(false) is { } row
            ? RowJson.Decode(row, RowJson.Default.ClusterRow)
            : null;

    /// <summary>The copy that is being made here, if there is one.</summary>
    public static async Task<MigrationRow?> FindMigrationAsync(
        ITableStore tables, CancellationToken cancellationToken)
        => await tables.GetAsync(Table, PartitionKey, MigrationKey, cancellationToken).ConfigureAwait(false) is { } row
            ? RowJson.Decode(row, RowJson.Default.MigrationRow)
            : null;

    /// <summary>Counts one more opening, durably; makes the identity when there is none.</summary>
    /// <exception cref="IOException">The storage is a copy that is not whole, or a fault of the table.</exception>
    public static async Task<ClusterRow> OpenAsync(ITableStore tables, CancellationToken cancellationToken)
    {
        if (await FindMigrationAsync(tables, cancellationToken).ConfigureAwait(false) is { } migration)
        {
            throw new IOException(
                $"A copy of cluster {migration.ClusterId} is not whole yet; repeat 'ostream storage migrate'.");
        }

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
