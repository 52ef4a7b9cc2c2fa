using System.Collections.Concurrent;
using OrleansStream.Contracts;
using OrleansStream.Engine.Hosting;
using OrleansStream.Engine.Storage;

namespace OrleansStream.Embedded;

/// <summary>A storage that is open, and the partitions opened from it so far.</summary>
/// <remarks>When it fails the cluster drops it whole and opens another. Thread-safe.</remarks>
internal sealed class OpenedStorage(IStorage storage, LogStore store) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<PartitionId, PartitionOpening> _partitions = [];
    private volatile bool _closing;

    public LogStore Store => store;

    /// <summary>Opens a partition, or finds it open. Null when it does not exist.</summary>
    /// <exception cref="IOException">Its storage is damaged or fails.</exception>
    public async ValueTask<PartitionHost?> OpenPartitionAsync(PartitionId id, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_closing, this);
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

    public async ValueTask DisposeAsync()
    {
        _closing = true;
        foreach (var opening in _partitions.Values)
        {
            await opening.EndedAsync().ConfigureAwait(false);
        }

        try
        {
            await store.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            await storage.DisposeAsync().ConfigureAwait(false);
        }
    }

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

        /// <summary>Waits for an opening that has begun, and lets no other begin.</summary>
        public async Task EndedAsync()
        {
            if (Interlocked.Exchange(ref _begun, 1) == 0)
            {
                _opened.SetException(new ObjectDisposedException(nameof(OpenedStorage)));
            }

            await ((Task)_opened.Task).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
