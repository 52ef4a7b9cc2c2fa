using System.Collections.Immutable;
using System.Globalization;

namespace OrleansStream.Engine.Storage;

/// <summary>Names the rows that one batch can change together.</summary>
internal readonly record struct TableKey(string Table, string PartitionKey);

/// <summary>What a batch does to one row; null removes it.</summary>
internal readonly record struct TableChange(string RowKey, TableRow? Row);

/// <summary>A batch whose conditions held, as the changes it makes.</summary>
internal sealed record TableBatch(TableKey Key, IReadOnlyList<TableChange> Changes)
{
    /// <summary>The new ETag of each row; null for one that is removed.</summary>
    public IReadOnlyList<string?> ETags => [.. Changes.Select(change => change.Row?.ETag)];
}

/// <summary>All rows of a store at one moment: decides batches, and becomes the next state by applying them.</summary>
/// <remarks>
/// An immutable value. <see cref="Decide"/> reads and <see cref="Apply"/> makes the next state; recovery applies the
/// batches it finds on disk, so both paths end in the same rows. An ETag is a version that only grows, in decimal.
/// </remarks>
internal sealed class TableState
{
    public static readonly TableState Empty = new(
        ImmutableDictionary<TableKey, ImmutableSortedDictionary<string, TableRow>>.Empty, lastVersion: 0);

    private static readonly ImmutableSortedDictionary<string, TableRow> NoRows =
        ImmutableSortedDictionary.Create<string, TableRow>(StringComparer.Ordinal);

    private readonly ImmutableDictionary<TableKey, ImmutableSortedDictionary<string, TableRow>> _rows;

    private TableState(
        ImmutableDictionary<TableKey, ImmutableSortedDictionary<string, TableRow>> rows, long lastVersion)
    {
        _rows = rows;
        LastVersion = lastVersion;
    }

    /// <summary>The highest version any row was ever given.</summary>
    public long LastVersion { get; }

    public IEnumerable<TableKey> Keys => _rows.Keys;

    public static string ToETag(long version) => version.ToString(CultureInfo.InvariantCulture);

    public static long ToVersion(string etag) => long.Parse(etag, CultureInfo.InvariantCulture);

    /// <summary>The same rows, with versions continuing after <paramref name="version"/>.</summary>
    public TableState StartAfter(long version) => new(_rows, Math.Max(LastVersion, version));

    public TableRow? Find(TableKey key, string rowKey) => RowsOf(key).GetValueOrDefault(rowKey);

    /// <summary>The rows of one key, by row key in ordinal order.</summary>
    public IReadOnlyList<TableRow> Query(TableKey key) => [.. RowsOf(key).Values];

    /// <summary>Checks all conditions of a batch and copies its values. Changes nothing.</summary>
    /// <exception cref="TableConflictException">A condition does not hold.</exception>
    public TableBatch Decide(TableKey key, IReadOnlyList<TableOperation> operations)
    {
        var rows = RowsOf(key);
        var etag = ToETag(LastVersion + 1);
        var changes = new TableChange[operations.Count];
        for (var i = 0; i < changes.Length; i++)
        {
            var operation = operations[i];
            CheckCondition(key, operation, rows.GetValueOrDefault(operation.RowKey));
            changes[i] = operation.Kind == TableOperationKind.Delete
                ? new(operation.RowKey, Row: null)
                : new(operation.RowKey, new(key.PartitionKey, operation.RowKey, operation.Value.ToArray(), etag));
        }

        return new TableBatch(key, changes);
    }

    /// <summary>The state after a batch.</summary>
    public TableState Apply(TableBatch batch)
    {
        var rows = RowsOf(batch.Key).ToBuilder();
        var lastVersion = LastVersion;
        foreach (var (rowKey, row) in batch.Changes)
        {
            if (row is null)
            {
                rows.Remove(rowKey);
            }
            else
            {
                rows[rowKey] = row;
                lastVersion = Math.Max(lastVersion, ToVersion(row.ETag));
            }
        }

        return new(
            rows.Count == 0 ? _rows.Remove(batch.Key) : _rows.SetItem(batch.Key, rows.ToImmutable()), lastVersion);
    }

    private static void CheckCondition(TableKey key, in TableOperation operation, TableRow? row)
    {
        var problem = operation.Kind switch
        {
            TableOperationKind.Insert when row is not null => "exists",
            TableOperationKind.Replace or TableOperationKind.Delete when row is null => "does not exist",
            TableOperationKind.Replace when row.ETag != operation.ETag => "was changed",
            TableOperationKind.Delete when operation.ETag is { } etag && row.ETag != etag => "was changed",
            _ => null,
        };
        if (problem is not null)
        {
            throw new TableConflictException(
                $"Row '{operation.RowKey}' of partition key '{key.PartitionKey}' in table '{key.Table}' {problem}.");
        }
    }

    private ImmutableSortedDictionary<string, TableRow> RowsOf(TableKey key) => _rows.GetValueOrDefault(key, NoRows);
}
