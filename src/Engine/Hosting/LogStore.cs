using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using OrleansStream.Contracts;
using OrleansStream.Engine.Storage;

namespace OrleansStream.Engine.Hosting;

/// <summary>An opened storage: the topics in it, the partitions that are open, and the journal they share.</summary>
/// <remarks>
/// Opening recovers what the last journal holds. When the journal or a table fails, <see cref="Failed"/> completes:
/// memory may then be ahead of the storage, and whoever hosts this disposes it and opens the storage anew.
/// Thread-safe.
/// </remarks>
public sealed partial class LogStore : IAsyncDisposable
{
    private const string Closing = "The storage is being closed.";

    private readonly HostServices _services;
    private readonly TopicCatalog _topics;
    private readonly ProducerIdAllocator _producerIds;
    private readonly ClientQuotas _quotas;
    private readonly SecurityStore _security;
    private readonly PartitionTakeover _takeover;
    private readonly Maintenance _maintenance;
    private readonly ConcurrentDictionary<PartitionId, PartitionHost> _hosts = [];
    private readonly ConcurrentDictionary<PartitionId, TaskCompletionSource> _openings = [];
    private readonly ConcurrentDictionary<PartitionId, Task> _histories = [];
    private readonly ConcurrentDictionary<PartitionId, StorageDamagedException> _damaged = [];
    private int _isClosing;

    private LogStore(HostServices services, StoreOpening opening)
    {
        _services = services;
        _takeover = new PartitionTakeover(services, opening.Recovery);
        ClusterId = opening.Identity.ClusterId;
        _topics = new TopicCatalog(services, opening.Topics, opening.Claim);
        _topics.Changed += OnTopicChangedAsync;
        _producerIds = new ProducerIdAllocator(services.Storage.Tables);
        _quotas = new ClientQuotas(services, opening.Quotas);
        _security = new SecurityStore(services, opening.Security);
        _maintenance = new Maintenance(services, () => _hosts.Values);
    }

    public string ClusterId { get; }

    public ITopicCatalog Topics => _topics;

    public IProducerIds ProducerIds => _producerIds;

    public IClientQuotas Quotas => _quotas;

    public ISecurityStore Security => _security;

    /// <summary>What the block cache did, where the storage is read through one.</summary>
    public BlockCacheCounts CacheCounts => _services.Blocks?.Counts ?? default;

    /// <summary>Completes with the fault that ends this store, if there ever is one.</summary>
    public Task<Exception> Failed => _services.Failed;

    /// <summary>Opens a storage and recovers it.</summary>
    /// <param name="storage">Stays the caller's, who disposes it after the store.</param>
    /// <exception cref="IOException">The storage cannot be read or written.</exception>
    /// <exception cref="InvalidDataException">A row is damaged; the message names it.</exception>
    public static async Task<LogStore> OpenAsync(
        IStorage storage,
        EngineOptions options,
        TimeProvider time,
        ILoggerFactory loggers,
        CancellationToken cancellationToken)
    {
        var services = new HostServices(storage, options, time, loggers);
        try
        {
            var opening = await StoreOpening.RunAsync(services, cancellationToken).ConfigureAwait(false);
            LogOpened(
                services.Logger,
                opening.Identity.Openings,
                opening.Topics.All.Count,
                opening.Recovery.RecoveredBytes);
            return new LogStore(services, opening);
        }
        catch
        {
            await services.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Whether the topic exists and has such a partition.</summary>
    public bool Exists(PartitionId id)
        => id.Partition >= 0 && id.Partition < (_topics.Topics.FindById(id.TopicId)?.PartitionCount ?? 0);

    /// <summary>Opens a partition of an existing topic: raises its epoch and lets it be written.</summary>
    /// <param name="turn">How its host lets one piece of work run at a time.</param>
    /// <returns>Null when the topic does not exist or has no such partition.</returns>
    /// <exception cref="IOException">Its storage is damaged or fails.</exception>
    /// <exception cref="InvalidOperationException">It is open already, or the store is being closed.</exception>
    public async Task<PartitionHost?> OpenPartitionAsync(
        PartitionId id, ITurn turn, CancellationToken cancellationToken)
    {
        // Asked before its head row is touched, which is for those alone who have the partition open.
        var opening = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!_openings.TryAdd(id, opening))
        {
            throw new InvalidOperationException($"Partition {id} is being opened already.");
        }

        try
        {
            ObjectDisposedException.ThrowIf(Volatile.Read(ref _isClosing) != 0, this);
            if (_damaged.TryGetValue(id, out var damage))
            {
                throw new StorageDamagedException(damage.File, damage.Position, damage.Reason);
            }

            if (_hosts.ContainsKey(id))
            {
                throw new InvalidOperationException($"Partition {id} is open already.");
            }

            return Exists(id) && _topics.Topics.FindById(id.TopicId) is { } topic
                ? await OpenPartitionAsync(id, topic, turn, cancellationToken).ConfigureAwait(false)
                : null;
        }
        finally
        {
            _openings.TryRemove(id, out _);
            opening.SetResult();
        }
    }

    /// <summary>
    /// Writes what a partition has in memory to segments and closes it, so that it can be opened elsewhere.
    /// </summary>
    public async Task ClosePartitionAsync(PartitionHost host)
    {
        host.Close(StreamError.NotHosted, "The partition is being moved.");
        await host.DrainAsync().ConfigureAwait(false);
        try
        {
            if (!Failed.IsCompleted)
            {
                await host.FlushAsync().ConfigureAwait(false);
            }
        }
        catch (IOException e)
        {
            // Only a recovery of the journal finds the records now.
            _services.Fail(e);
            throw;
        }
        finally
        {
            await host.DisposeAsync().ConfigureAwait(false);
            _hosts.TryRemove(KeyValuePair.Create(host.Id, host));
            _histories.TryRemove(host.Id, out _);
        }
    }

    /// <summary>
    /// Flushes the journal, writes all tails to segments and closes. After a failure nothing is written. A second call
    /// does nothing.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isClosing, 1) != 0)
        {
            return;
        }

        foreach (var opening in _openings.Values)
        {
            await opening.Task.ConfigureAwait(false);
        }

        foreach (var host in _hosts.Values)
        {
            host.Close(StreamError.NotHosted, Closing);
            await host.SettleAsync().ConfigureAwait(false);
        }

        // What waits for memory is refused now, not at its timeout.
        await _services.CloseBudgetsAsync().ConfigureAwait(false);
        await _maintenance.DisposeAsync().ConfigureAwait(false);
        await _topics.DisposeAsync().ConfigureAwait(false);
        await _producerIds.DisposeAsync().ConfigureAwait(false);
        await _quotas.DisposeAsync().ConfigureAwait(false);
        await _security.DisposeAsync().ConfigureAwait(false);
        await _services.Journal.DisposeAsync().ConfigureAwait(false);
        if (!Failed.IsCompleted && await TryFlushAllAsync().ConfigureAwait(false))
        {
            await _maintenance.TryTrimJournalAsync(long.MaxValue).ConfigureAwait(false);
        }

        foreach (var host in _hosts.Values)
        {
            await host.DisposeAsync().ConfigureAwait(false);
        }

        await Task.WhenAll(_histories.Values).ConfigureAwait(false);
        await _services.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Does now what maintenance does from time to time.</summary>
    public Task MaintainAsync() => _maintenance.RunOnceAsync();

    private async Task<PartitionHost> OpenPartitionAsync(
        PartitionId id, TopicDescription topic, ITurn turn, CancellationToken cancellationToken)
    {
        PartitionStore store;
        try
        {
            store = await _takeover.RunAsync(id, topic, cancellationToken).ConfigureAwait(false);
            if (store.IsWhole)
            {
                await PartitionMaintenance.TrySweepAsync(id, store, _services, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is ManifestFaultException or JournalInUseException)
        {
            _services.Fail(e);
            throw;
        }

        var host = new PartitionHost(id, TopicConfig.Parse(topic.Configs), store, turn, _services);
        _hosts[id] = host;
        _histories[id] = WatchHistoryAsync(host);
        if (!Exists(id))
        {
            // Deleted after it was looked for and before the host was in sight.
            await CloseDeletedAsync(topic, [host]).ConfigureAwait(false);
        }

        return host;
    }

    // A partition whose manifest turns out to be damaged is refused from then on. It stays among the hosts, so that the
    // journal keeps what was appended to it meanwhile.
    private async Task WatchHistoryAsync(PartitionHost host)
    {
        try
        {
            await host.HistoryLoaded.ConfigureAwait(false);
        }
        catch (StorageDamagedException e)
        {
            LogDamaged(_services.Logger, e.Message);
            _damaged[host.Id] = e;
            host.Close(StreamError.StorageFailed, e.Message);
        }
        catch (IOException e)
        {
            _services.Fail(e);
        }
    }

    private async Task OnTopicChangedAsync(TopicDescription? before, TopicDescription? after)
    {
        var topic = (after ?? before)!;
        var hosts = Enumerable.Range(0, topic.PartitionCount)
            .Select(partition => _hosts.GetValueOrDefault(new PartitionId(topic.Id, partition)))
            .OfType<PartitionHost>()
            .ToArray();
        if (after is not null)
        {
            var config = TopicConfig.Parse(after.Configs);
            foreach (var host in hosts)
            {
                host.Reconfigure(config);
            }

            return;
        }

        await CloseDeletedAsync(topic, hosts).ConfigureAwait(false);
    }

    private async Task CloseDeletedAsync(TopicDescription topic, PartitionHost[] hosts)
    {
        foreach (var host in hosts)
        {
            host.Close(StreamError.UnknownTopicOrPartition, $"Topic '{topic.Name}' was deleted.");
            _hosts.TryRemove(KeyValuePair.Create(host.Id, host));
            _histories.TryRemove(host.Id, out _);
        }

        await _maintenance.DeleteLaterAsync(topic, hosts).ConfigureAwait(false);
    }

    private async Task<bool> TryFlushAllAsync()
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
                LogFlushFailed(_services.Logger, e, host.Id.ToString());
                isDone = false;
            }
        }

        return isDone;
    }

    [LoggerMessage(
        2005,
        LogLevel.Information,
        "Storage opened: opening {Opening}, {Topics} topics, {Bytes} bytes recovered from the journal.")]
    private static partial void LogOpened(ILogger logger, long opening, int topics, long bytes);

    [LoggerMessage(2018, LogLevel.Error, "Refused: {Message}")]
    private static partial void LogDamaged(ILogger logger, string message);

    [LoggerMessage(
        2006,
        LogLevel.Warning,
        "The tail of {Partition} could not be written to a segment; it stays in the journal.")]
    private static partial void LogFlushFailed(ILogger logger, Exception exception, string partition);
}
