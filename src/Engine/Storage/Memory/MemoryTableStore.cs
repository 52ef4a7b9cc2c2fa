namespace OrleansStream.Engine.Storage.Memory;

/// <summary>Keeps tables in memory.</summary>
/// <remarks>A batch is decided against one state and takes effect only if that is still the current one.</remarks>
public sealed class MemoryTableStore : ITableStore
{
    private TableState _state = TableState.Empty;

    public async ValueTask<TableRow?> GetAsync(
        string table, string partitionKey, string rowKey, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Volatile.Read(ref _state).Find(new(table, partitionKey), rowKey);
    }

    public async ValueTask<IReadOnlyList<TableRow>> QueryAsync(
        string table, string partitionKey, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Volatile.Read(ref _state).Query(new(table, partitionKey));
    }

    public async ValueTask<IReadOnlyList<string?>> ExecuteAsync(
        string table,
        string partitionKey,
        IReadOnlyList<TableOperation> operations,
        CancellationToken cancellationToken)
    {
        TableRules.Check(table, partitionKey, operations);
        cancellationToken.ThrowIfCancellationRequested();
        while (true)
        {
            var state = Volatile.Read(ref _state);
            var batch = state.Decide(new(table, partitionKey), operations);
            if (Interlocked.CompareExchange(ref _state, state.Apply(batch), state) == state)
            {
                return batch.ETags;
            }
        }
    }
}
