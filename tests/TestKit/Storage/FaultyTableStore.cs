using OrleansStream.Engine.Storage;

namespace OrleansStream.TestKit.Storage;

/// <summary>Tables whose batches fail as planned.</summary>
internal sealed class FaultyTableStore(FaultPlan plan, ITableStore tables) : ITableStore
{
    public ValueTask<TableRow?> GetAsync(
        string table, string partitionKey, string rowKey, CancellationToken cancellationToken)
    {
        plan.ThrowIfCrashed();
        return tables.GetAsync(table, partitionKey, rowKey, cancellationToken);
    }

    public ValueTask<IReadOnlyList<TableRow>> QueryAsync(
        string table, string partitionKey, CancellationToken cancellationToken)
    {
        plan.ThrowIfCrashed();
        return tables.QueryAsync(table, partitionKey, cancellationToken);
    }

    public ValueTask<IReadOnlyList<string?>> ExecuteAsync(
        string table,
        string partitionKey,
        IReadOnlyList<TableOperation> operations,
        CancellationToken cancellationToken)
        => plan.Begin($"batch on {table}/{partitionKey}")
            .RunAsync(() => tables.ExecuteAsync(table, partitionKey, operations, cancellationToken));
}
