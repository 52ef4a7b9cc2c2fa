namespace OrleansStream.Engine.Storage;

/// <summary>A row: two keys and a value of at most 64 KiB.</summary>
/// <param name="ETag">Changes with every write of the row; opaque.</param>
public sealed record TableRow(string PartitionKey, string RowKey, ReadOnlyMemory<byte> Value, string ETag);

/// <summary>What a <see cref="TableOperation"/> does, and what must hold for it.</summary>
public enum TableOperationKind
{
    /// <summary>The row must not exist.</summary>
    Insert,

    /// <summary>The row must exist with the given ETag.</summary>
    Replace,

    /// <summary>The row is written whether it exists or not.</summary>
    Upsert,

    /// <summary>The row must exist; with the given ETag if there is one.</summary>
    Delete,
}

/// <summary>One change of a conditional batch.</summary>
/// <param name="ETag">Only for <see cref="TableOperationKind.Replace"/> and, optionally, for Delete.</param>
public readonly record struct TableOperation(
    TableOperationKind Kind,
    string RowKey,
    ReadOnlyMemory<byte> Value = default,
    string? ETag = null);

/// <summary>What every table takes at most; Azure Table storage's limits.</summary>
public static class TableLimits
{
    /// <summary>How many operations one batch may have.</summary>
    public const int BatchOperations = 100;

    /// <summary>How long a table name, a partition key or a row key may be, in bytes of UTF-8.</summary>
    public const int KeyBytes = 512;

    /// <summary>How long one value may be, in bytes.</summary>
    public const int ValueBytes = 64 * 1_024;

    /// <summary>How many bytes the values of one batch may have together: 4 MiB with keys and as text.</summary>
    public const int BatchValueBytes = 2 * 1_024 * 1_024;
}

/// <summary>A condition of a batch did not hold; nothing of the batch was done.</summary>
public sealed class TableConflictException(string message) : IOException(message);

/// <summary>Keeps rows in tables. A batch on one partition key is done whole or not at all, and durably.</summary>
/// <remarks>
/// Thread-safe. Keys may hold any well-formed text; an adapter escapes what its store does not take. Faults are
/// <see cref="IOException"/>s; after one, a batch may or may not have been done.
/// </remarks>
public interface ITableStore
{
    /// <summary>The row, or null.</summary>
    ValueTask<TableRow?> GetAsync(
        string table, string partitionKey, string rowKey, CancellationToken cancellationToken);

    /// <summary>All rows of a partition key, by row key in ordinal order.</summary>
    ValueTask<IReadOnlyList<TableRow>> QueryAsync(
        string table, string partitionKey, CancellationToken cancellationToken);

    /// <summary>Does all operations or none, durably before it completes; each row key at most once.</summary>
    /// <remarks>Borrows operations and values until it completes. Once begun it is not cancelled any more.</remarks>
    /// <returns>The new ETags, in the order of the operations; null for a deletion.</returns>
    /// <exception cref="TableConflictException">A condition did not hold.</exception>
    /// <exception cref="ArgumentException">
    /// No or too many operations, a key or value too long, too much in all, no ETag to replace, or a row key named
    /// twice.
    /// </exception>
    ValueTask<IReadOnlyList<string?>> ExecuteAsync(
        string table,
        string partitionKey,
        IReadOnlyList<TableOperation> operations,
        CancellationToken cancellationToken);
}
