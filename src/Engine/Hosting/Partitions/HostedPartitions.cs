using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using OrleansStream.Contracts;
using OrleansStream.Engine.Hosting.Catalog;
using OrleansStream.Engine.Storage;

namespace OrleansStream.Engine.Hosting.Partitions;

/// <summary>The partitions that a store has open: each is opened once, and closed once.</summary>
/// <remarks>
/// A partition whose manifest turns out to be damaged stays among them, closed, so that the journal keeps what was
/// appended to it meanwhile. Thread-safe.
/// </remarks>
internal sealed partial class HostedPartitions(
    HostServices services, TopicCatalog topics, PartitionTakeover takeover) : IAsyncDisposable
{
    private const string Closing = "The storage is being closed.";

    private readonly ConcurrentDictionary<PartitionId, PartitionHost> _hosts = [];
    private readonly ConcurrentDictionary<PartitionId, TaskCompletionSource> _openings = [];
    private readonly ConcurrentDictionary<PartitionId, TaskCompletionSource> _closings = [];
    private readonly ConcurrentDictionary<PartitionId, Task> _histories = [];
    private readonly ConcurrentDictionary<PartitionId, StorageDamagedException> _damaged = [];
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>Called with a topic that was deleted and its partitions, which are closed by then.</summary>
    public event Func<TopicDescription, PartitionHost[], ValueTask>? Deleted;

    public ICollection<PartitionHost> All => _hosts.Values;

    /// <inheritdoc cref="LogStore.OpenPartitionAsync"/>
    public async Task<PartitionHost?> OpenAsync(PartitionId id, ITurn turn, CancellationToken cancellationToken)
    {
        // Asked before its head row is touched, which is for those alone who have the partition open.
        var opening = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!_openings.TryAdd(id, opening))
        {
            throw new InvalidOperationException($"Partition {id} is being opened already.");
        }

        try
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token, cancellationToken);
            ThrowIfStopping();
            if (_damaged.TryGetValue(id, out var damage))
            {
                throw new StorageDamagedException(damage.File, damage.Position, damage.Reason);
            }

            if (_hosts.ContainsKey(id))
            {
                throw new InvalidOperationException($"Partition {id} is open already.");
            }

            return topics.Exists(id) && topics.Topics.FindById(id.TopicId) is { } topic
                ? await OpenAsync(id, topic, turn, either.Token).ConfigureAwait(false)
                : null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            ThrowIfStopping();
            throw;
        }
        finally
        {
            _openings.TryRemove(id, out _);
            opening.SetResult();
        }
    }

    /// <inheritdoc cref="LogStore.ClosePartitionAsync"/>
    public async Task CloseAsync(PartitionHost host)
    {
        var closing = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!_closings.TryAdd(host.Id, closing))
        {
            await WaitForClosingAsync(host.Id).ConfigureAwait(false);
            return;
        }

        try
        {
            if (_hosts.Contains(KeyValuePair.Create(host.Id, host)))
            {
                await ReleaseAsync(host).ConfigureAwait(false);
            }
        }
        finally
        {
            _closings.TryRemove(host.Id, out _);
            closing.SetResult();
        }
    }

    /// <summary>Closes a partition, if it is open, so that another process can open it.</summary>
    /// <returns>Whether this store's journal has nothing of the partition any more.</returns>
    public async Task<bool> TryReleaseAsync(PartitionId id, CancellationToken cancellationToken)
    {
        if (_damaged.ContainsKey(id))
        {
            return false;
        }

        if (_openings.TryGetValue(id, out var opening))
        {
            await opening.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        try
        {
            if (_hosts.TryGetValue(id, out var host))
            {
                await CloseAsync(host).WaitAsync(cancellationToken).ConfigureAwait(false);
            }

            return !services.Failed.IsCompleted;
        }
        catch (IOException)
        {
            return false; // The store has failed, and says so to whoever hosts it.
        }
    }

    /// <summary>Takes in what has become of a topic.</summary>
    public async Task OnTopicChangedAsync(TopicDescription? before, TopicDescription? after)
    {
        var topic = (after ?? before)!;
        var hosts = Enumerable.Range(0, topic.PartitionCount)
            .Select(partition => _hosts.GetValueOrDefault(new PartitionId(topic.Id, partition)))
            .OfType<PartitionHost>()
            .ToArray();
        if (after is null)
        {
            await CloseDeletedAsync(topic, hosts).ConfigureAwait(false);
            return;
        }

        var config = TopicConfig.Parse(after.Configs);
        foreach (var host in hosts)
        {
            host.Reconfigure(config);
        }
    }

    /// <summary>Opens nothing more, and lets no partition answer any more.</summary>
    public async Task StopAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        foreach (var work in _openings.Values.Concat(_closings.Values))
        {
            await work.Task.ConfigureAwait(false);
        }

        foreach (var host in _hosts.Values)
        {
            host.Close(StreamError.NotHosted, Closing);
            await host.SettleAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Writes all tails to segments.</summary>
    /// <returns>Whether there is nothing any more that only the journal has.</returns>
    public async Task<bool> TryFlushAsync()
    {
        var isDone = true;
        foreach (var host in _hosts.Values)
        {
            try
            {
                await host.FlushAsync().ConfigureAwait(false);
            }
            catch (IOException e)
            {
                // The records are in the journal, and recovery will find them there.
                LogFlushFailed(services.Logger, e, host.Id.ToString());
                isDone = false;
            }
        }

        return isDone;
    }

    /// <summary>Gives everything up. <see cref="StopAsync"/> comes first.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts.Values)
        {
            await host.DisposeAsync().ConfigureAwait(false);
        }

        await Task.WhenAll(_histories.Values).ConfigureAwait(false);
        _stopping.Dispose();
    }

    private void ThrowIfStopping()
    {
        if (_stopping.IsCancellationRequested)
        {
            throw new ObjectDisposedException(nameof(LogStore), Closing);
        }
    }

    private async Task<PartitionHost> OpenAsync(
        PartitionId id, TopicDescription topic, ITurn turn, CancellationToken cancellationToken)
    {
        PartitionStore store;
        try
        {
            store = await takeover.RunAsync(id, topic, cancellationToken).ConfigureAwait(false);
            if (store.IsWhole)
            {
                await PartitionMaintenance.TrySweepAsync(id, store, services, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is ManifestFaultException or JournalInUseException)
        {
            services.Fail(e);
            throw;
        }

        var host = new PartitionHost(id, TopicConfig.Parse(topic.Configs), store, turn, services);
        _hosts[id] = host;
        _histories[id] = WatchHistoryAsync(host);
        if (!topics.Exists(id))
        {
            // Deleted after it was looked for and before the host was in sight.
            await CloseDeletedAsync(topic, [host]).ConfigureAwait(false);
        }

        return host;
    }

    private async Task WatchHistoryAsync(PartitionHost host)
    {
        try
        {
            await host.HistoryLoaded.ConfigureAwait(false);
        }
        catch (StorageDamagedException e)
        {
            LogDamaged(services.Logger, e.Message);
            _damaged[host.Id] = e;
            host.Close(StreamError.StorageFailed, e.Message);
        }
        catch (IOException e)
        {
            services.Fail(e);
        }
    }

    private async Task WaitForClosingAsync(PartitionId id)
    {
        if (_closings.TryGetValue(id, out var closing))
        {
            await closing.Task.ConfigureAwait(false);
        }
    }

    private async Task ReleaseAsync(PartitionHost host)
    {
        host.Close(StreamError.NotHosted, "The partition is being moved.");
        await host.DrainAsync().ConfigureAwait(false);
        try
        {
            if (!services.Failed.IsCompleted)
            {
                await host.ReleaseAsync().ConfigureAwait(false);
            }
        }
        catch (IOException e)
        {
            // Only a recovery of the journal finds the records now.
            services.Fail(e);
            throw;
        }
        finally
        {
            await host.DisposeAsync().ConfigureAwait(false);
            Remove(host);
        }
    }

    private async Task CloseDeletedAsync(TopicDescription topic, PartitionHost[] hosts)
    {
        foreach (var host in hosts)
        {
            host.Close(StreamError.UnknownTopicOrPartition, $"Topic '{topic.Name}' was deleted.");
            Remove(host);
        }

        await Deleted!(topic, hosts).ConfigureAwait(false);
    }

    private void Remove(PartitionHost host)
    {
        _hosts.TryRemove(KeyValuePair.Create(host.Id, host));
        _histories.TryRemove(host.Id, out _);
    }

    [LoggerMessage(2018, LogLevel.Error, "Refused: {Message}")]
    private static partial void LogDamaged(ILogger logger, string message);

    [LoggerMessage(
        2006,
        LogLevel.Warning,
        "The tail of {Partition} could not be written to a segment; it stays in the journal.")]
    private static partial void LogFlushFailed(ILogger logger, Exception exception, string partition);
}
