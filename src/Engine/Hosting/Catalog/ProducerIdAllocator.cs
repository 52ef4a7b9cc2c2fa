using OrleansStream.Contracts;
using OrleansStream.Engine.Storage;

namespace OrleansStream.Engine.Hosting.Catalog;

/// <summary>Hands out producer ids from blocks that are reserved durably before the first id of them is used.</summary>
internal sealed class ProducerIdAllocator(ITableStore tables) : IProducerIds, IAsyncDisposable
{
    /// <summary>A restart skips at most so many ids; there are 2^63.</summary>
    private const int BlockLength = 1_000;

    private readonly WorkQueue _turns = new();
    private long _next;
    private long _blockEnd;

    public async ValueTask<long> AllocateAsync(CancellationToken cancellationToken)
        => await _turns.RunAsync(
            async () =>
            {
                if (_next == _blockEnd)
                {
                    _next = await ReserveBlockAsync().ConfigureAwait(false);
                    _blockEnd = _next + BlockLength;
                }

                return _next++;
            },
            cancellationToken).ConfigureAwait(false);

    public ValueTask DisposeAsync() => _turns.DisposeAsync();

    private async Task<long> ReserveBlockAsync()
    {
        while (true)
        {
            try
            {
                return await TryReserveBlockAsync().ConfigureAwait(false);
            }
            catch (TableConflictException)
            {
                // Another silo reserved that block in the meantime. Each conflict is somebody's success.
            }
        }
    }

    private async Task<long> TryReserveBlockAsync()
    {
        var row = await tables
            .GetAsync(ClusterRows.Table, ClusterRows.PartitionKey, ClusterRows.ProducerIdsKey, CancellationToken.None)
            .ConfigureAwait(false);
        var first = row is null ? 0 : RowJson.Decode(row, RowJson.Default.ProducerIdRow).NextBlock;
        var value = ClusterRows.Encode(new ProducerIdRow(first + BlockLength));
        TableOperation write = row is null
            ? new(TableOperationKind.Insert, ClusterRows.ProducerIdsKey, value)
            : new(TableOperationKind.Replace, ClusterRows.ProducerIdsKey, value, row.ETag);
        await tables.ExecuteAsync(ClusterRows.Table, ClusterRows.PartitionKey, [write], CancellationToken.None)
            .ConfigureAwait(false);
        return first;
    }
}
