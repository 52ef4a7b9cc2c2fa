using System.Collections.Concurrent;
using OrleansStream.Contracts;
using OrleansStream.Engine.Hosting;
using OrleansStream.Engine.Hosting.Partitions;
using OrleansStream.Engine.Storage;

namespace OrleansStream.Embedded;

/// <summary>The partitions opened so far from a store.</summary>
/// <remarks>When the store fails the cluster drops them all and begins anew. Thread-safe.</remarks>
internal sealed class OpenedPartitions(LogStore store)
{
    private readonly ConcurrentDictionary<PartitionId, PartitionOpening> _partitions = [];

    public LogStore Store => store;

    /// <summary>Opens a partition, or finds it open. Null when it does not exist.</summary>
    /// <exception cref="IOException">Its storage is damaged or fails.</exception>
    public async ValueTask<PartitionHost?> OpenPartitionAsync(PartitionId id, CancellationToken cancellationToken)
    {
        var opening = _partitions.GetOrAdd(id, static _ => new PartitionOpening());
        try
        {
            var host = await opening.RunAsync(store, id).WaitAsync(cancellationToken).ConfigureAwait(false);
            if (host is not { IsOpen: true })
            {
                _partitions.TryRemove(KeyValuePair.Create(id, opening));
            }

            return host;
        }
        catch (Exception e) when (e is not (StorageDamagedException or OperationCanceledException))
        {
            // What is damaged stays refused; all else is tried again.
            _partitions.TryRemove(KeyValuePair.Create(id, opening));
            throw;
        }
    }

    public void Forget(PartitionId id) => _partitions.TryRemove(id, out _);

    /// <summary>Lets many ask for a partition and one open it.</summary>
    private sealed class PartitionOpening
    {
        private readonly TaskCompletionSource<PartitionHost?> _opened =
            new(TaskCreationOptions.RunContinuationsAsynchronously);

        private int _begun;

        public async Task<PartitionHost?> RunAsync(LogStore store, PartitionId id)
        {
            if (Interlocked.Exchange(ref _begun, 1) == 0)
            {
                try
                {
                    var host = await store.OpenPartitionAsync(id, new LockTurn(), CancellationToken.None)
                        .ConfigureAwait(false);
                    _opened.SetResult(host);
                }
                catch (Exception e)
                {
                    _opened.SetException(e);
                }
            }

            return await _opened.Task.ConfigureAwait(false);
        }
    }
}
