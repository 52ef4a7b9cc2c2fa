namespace OrleansStream.Engine.Storage.Local;

/// <summary>A batch on its way through the table store's loop: decided first, answered once it is on disk.</summary>
/// <remarks>Borrows operations and values from the caller, who waits for <see cref="Reply"/>.</remarks>
internal sealed class PendingTableBatch(TableKey key, IReadOnlyList<TableOperation> operations)
{
    private readonly TaskCompletionSource<IReadOnlyList<string?>> _reply =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private TableBatch? _decided;
    private TableConflictException? _conflict;

    public Task<IReadOnlyList<string?>> Reply => _reply.Task;

    /// <summary>How many bytes of values the batch carries.</summary>
    public long ValueBytes { get; } = operations.Sum(operation => (long)operation.Value.Length);

    /// <summary>The batch if its conditions hold; if not, null, and the answer will say why.</summary>
    public TableBatch? Decide(TableState state)
    {
        try
        {
            return _decided = state.Decide(key, operations);
        }
        catch (TableConflictException e)
        {
            _conflict = e;
            return null;
        }
    }

    /// <summary>Tells the caller what was decided.</summary>
    public void Answer()
    {
        if (_conflict is not null)
        {
            _reply.SetException(_conflict);
        }
        else
        {
            _reply.SetResult(_decided!.ETags);
        }
    }

    public void Fail(IOException failure) => _reply.SetException(failure);
}
