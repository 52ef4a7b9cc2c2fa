using OrleansStream.Engine.Storage;

namespace OrleansStream.AzureStorage.Tables;

/// <summary>Keeps the rows of all tables in one Azure table; a batch is one entity group transaction.</summary>
/// <remarks>
/// Each row names the batch that wrote it last. When the reply to a batch is lost, or a second try of it finds its
/// conditions broken, the rows themselves tell whether it was done. Where they cannot, because another batch has
/// written them since, the caller learns just that.
/// </remarks>
internal sealed class AzureTableStore(TableEndpoint table, StorageCalls calls) : ITableStore
{
    // The row has been written again, so that the ETag this batch gave it matches nothing any more; nor does this one.
    private const string ReplacedETag = "W/\"replaced\"";

    public async ValueTask<TableRow?> GetAsync(
        string tableName, string partitionKey, string rowKey, CancellationToken cancellationToken)
    {
        var entity = await FindAsync(tableName, partitionKey, rowKey, cancellationToken).ConfigureAwait(false);
        return entity?.Row;
    }

    public async ValueTask<IReadOnlyList<TableRow>> QueryAsync(
        string tableName, string partitionKey, CancellationToken cancellationToken)
    {
        var storedKey = TableKeys.ToPartitionKey(tableName, partitionKey);
        var entities = await calls.RunAsync(
            Describe(tableName, partitionKey),
            token => table.QueryAsync(partitionKey, storedKey, token),
            cancellationToken).ConfigureAwait(false);
        return [.. entities.Select(entity => entity.Row).OrderBy(row => row.RowKey, StringComparer.Ordinal)];
    }

    public async ValueTask<IReadOnlyList<string?>> ExecuteAsync(
        string tableName,
        string partitionKey,
        IReadOnlyList<TableOperation> operations,
        CancellationToken cancellationToken)
    {
        TableRules.Check(tableName, partitionKey, operations);
        var storedKey = TableKeys.ToPartitionKey(tableName, partitionKey);
        var batch = new EntityBatch(table.Address, storedKey, operations);
        cancellationToken.ThrowIfCancellationRequested();
        return await calls.RunAsync(
            Describe(tableName, partitionKey),
            token => SendAsync(tableName, partitionKey, batch, token),
            CancellationToken.None).ConfigureAwait(false);
    }

    private async Task<IReadOnlyList<string?>> SendAsync(
        string tableName, string partitionKey, EntityBatch batch, CancellationToken cancellationToken)
    {
        IOException failure;
        try
        {
            var (reply, wasRetried) = await table.SendAsync(batch, cancellationToken).ConfigureAwait(false);
            if (reply.Status == BatchReply.Accepted && reply.ETags.Count == batch.Operations.Count)
            {
                return reply.ETags;
            }

            failure = ToException(Describe(tableName, partitionKey), batch, reply);
            if (!wasRetried && reply.Status is >= 400 and < 500)
            {
                throw failure;
            }
        }
        catch (Exception e) when (StorageFault.IsUnclear(e) && StorageFault.Is(e, cancellationToken))
        {
            failure = StorageFault.ToIOException(Describe(tableName, partitionKey), e);
        }

        return await FindOutcomeAsync(tableName, partitionKey, batch, cancellationToken).ConfigureAwait(false)
            ?? throw new IOException($"{failure.Message} The batch may or may not have been done.", failure);
    }

    // The ETags of a batch that was done after all; null for one that was not, or that nothing tells of any more. A
    // batch that only deletes leaves no mark: when its rows are gone, what was asked for is so.
    private async Task<IReadOnlyList<string?>?> FindOutcomeAsync(
        string tableName, string partitionKey, EntityBatch batch, CancellationToken cancellationToken)
    {
        var etags = new string?[batch.Operations.Count];
        var isMarked = false;
        var isGone = true;
        for (var i = 0; i < etags.Length; i++)
        {
            var operation = batch.Operations[i];
            var entity = await FindAsync(tableName, partitionKey, operation.RowKey, cancellationToken)
                .ConfigureAwait(false);
            var isOurs = entity?.Batch == batch.Id;
            isMarked |= isOurs;
            isGone &= entity is null && operation.Kind == TableOperationKind.Delete;
            etags[i] = operation.Kind == TableOperationKind.Delete ? null
                : isOurs ? entity!.Row.ETag
                : ReplacedETag;
        }

        return isMarked || isGone ? etags : null;
    }

    private ValueTask<Entity?> FindAsync(
        string tableName, string partitionKey, string rowKey, CancellationToken cancellationToken)
    {
        var storedKey = TableKeys.ToPartitionKey(tableName, partitionKey);
        return calls.RunAsync(
            $"{Describe(tableName, partitionKey)}, row '{rowKey}'",
            token => table.GetAsync(partitionKey, storedKey, rowKey, token),
            cancellationToken);
    }

    private static IOException ToException(string name, EntityBatch batch, BatchReply reply)
    {
        if (!reply.IsConflict)
        {
            return new IOException($"{name}: the service answered {reply.Status} {reply.ErrorCode}.");
        }

        var rows = reply.FailedOperation >= 0 && reply.FailedOperation < batch.Operations.Count
            ? $"row '{batch.Operations[reply.FailedOperation].RowKey}'"
            : $"one of {string.Join(", ", batch.Operations.Select(operation => $"'{operation.RowKey}'"))}";
        return new TableConflictException($"{name}: {rows} is not as the batch expects, {reply.ErrorCode}.");
    }

    private static string Describe(string tableName, string partitionKey)
        => $"Partition key '{partitionKey}' of table '{tableName}'";
}
