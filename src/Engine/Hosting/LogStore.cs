using Microsoft.Extensions.Logging;
using OrleansStream.Contracts;
using OrleansStream.Engine.Hosting.Catalog;
using OrleansStream.Engine.Hosting.Journals;
using OrleansStream.Engine.Hosting.Partitions;
using OrleansStream.Engine.Hosting.Segments;
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
    private readonly HostServices _services;
    private readonly TopicCatalog _topics;
    private readonly ProducerIdAllocator _producerIds;
    private readonly ClientQuotas _quotas;
    private readonly SecurityStore _security;
    private readonly PartitionTakeover _takeover;
    private readonly HostedPartitions _partitions;
    private readonly Maintenance _maintenance;
    private readonly TaskCompletionSource<bool> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _isClosing;

    private LogStore(HostServices services, IJournalOwners owners, StoreOpening opening)
    {
        _services = services;
        _takeover = new PartitionTakeover(services, owners, opening.Recovery);
        ClusterId = opening.Identity.ClusterId;
        _topics = new TopicCatalog(services, opening.Topics, opening.Claim);
        _partitions = new HostedPartitions(services, _topics, _takeover);
        _maintenance = new Maintenance(services, () => _partitions.All);
        _partitions.Deleted += _maintenance.DeleteLaterAsync;
        _topics.Changed += _partitions.OnTopicChangedAsync;
        _producerIds = new ProducerIdAllocator(services.Storage.Tables);
        _quotas = new ClientQuotas(services, opening.Quotas);
        _security = new SecurityStore(services, opening.Security);
    }

    public string ClusterId { get; }

    /// <summary>The journal that this store writes, as others know it.</summary>
    public string Journal => _services.Journal.Name.ToString();

    public ITopicCatalog Topics => _topics;

    public IProducerIds ProducerIds => _producerIds;

    public IClientQuotas Quotas => _quotas;

    public ISecurityStore Security => _security;

    /// <summary>What the block cache did, where the storage is read through one.</summary>
    public BlockCacheCounts CacheCounts => _services.Blocks?.Counts ?? default;

    /// <summary>Completes with the fault that ends this store, if there ever is one.</summary>
    public Task<Exception> Failed => _services.Failed;

    /// <summary>Opens a storage that nobody else uses, and recovers it: whoever used it before is fenced.</summary>
    /// <param name="storage">Stays the caller's, who disposes it after the store.</param>
    /// <exception cref="IOException">The storage cannot be read or written.</exception>
    /// <exception cref="InvalidDataException">A row is damaged; the message names it.</exception>
    public static Task<LogStore> OpenAsync(
        IStorage storage,
        EngineOptions options,
        TimeProvider time,
        ILoggerFactory loggers,
        CancellationToken cancellationToken)
        => OpenAsync(storage, options, time, loggers, NoJournalOwners.Instance, cancellationToken);

    /// <summary>Opens a storage beside others, and recovers what those who are gone have left.</summary>
    /// <param name="storage">Stays the caller's, who disposes it after the store.</param>
    /// <param name="owners">The others.</param>
    /// <exception cref="IOException">The storage cannot be read or written.</exception>
    /// <exception cref="InvalidDataException">A row is damaged; the message names it.</exception>
    public static async Task<LogStore> OpenAsync(
        IStorage storage,
        EngineOptions options,
        TimeProvider time,
        ILoggerFactory loggers,
        IJournalOwners owners,
        CancellationToken cancellationToken)
    {
        var services = new HostServices(storage, options, time, loggers);
        try
        {
            var opening = await StoreOpening.RunAsync(services, owners, cancellationToken).ConfigureAwait(false);
            LogOpened(
                services.Logger,
                opening.Identity.Openings,
                opening.Topics.All.Count,
                opening.Recovery.RecoveredBytes);
            return new LogStore(services, owners, opening);
        }
        catch
        {
            await services.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Whether the topic exists and has such a partition.</summary>
    public bool Exists(PartitionId id) => _topics.Exists(id);

    /// <summary>Opens a partition of an existing topic: raises its epoch and lets it be written.</summary>
    /// <param name="turn">How its host lets one piece of work run at a time.</param>
    /// <returns>Null when the topic does not exist or has no such partition.</returns>
    /// <exception cref="IOException">Its storage is damaged or fails.</exception>
    /// <exception cref="InvalidOperationException">It is open already, or the store is being closed.</exception>
    public Task<PartitionHost?> OpenPartitionAsync(PartitionId id, ITurn turn, CancellationToken cancellationToken)
        => _partitions.OpenAsync(id, turn, cancellationToken);

    /// <summary>
    /// Writes what a partition has in memory to segments and closes it, so that it can be opened elsewhere. Does
    /// nothing when it is closed already.
    /// </summary>
    /// <exception cref="IOException">The storage failed, and the store with it.</exception>
    public Task ClosePartitionAsync(PartitionHost host) => _partitions.CloseAsync(host);

    /// <summary>Gives a partition up, for another process that wants to open it.</summary>
    /// <param name="journal">The journal that the other one found in the partition's head row.</param>
    /// <returns>
    /// Whether that journal has nothing of the partition any more. False when it is not this store's, or the store has
    /// failed.
    /// </returns>
    public async Task<bool> TryReleaseAsync(string journal, PartitionId id, CancellationToken cancellationToken)
        => journal == Journal
            && (Volatile.Read(ref _isClosing) != 0
                ? await _closed.Task.WaitAsync(cancellationToken).ConfigureAwait(false)
                : await _partitions.TryReleaseAsync(id, cancellationToken).ConfigureAwait(false));

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

        await _partitions.StopAsync().ConfigureAwait(false);

        // What waits for memory is refused now, not at its timeout.
        await _services.CloseBudgetsAsync().ConfigureAwait(false);
        await _takeover.DisposeAsync().ConfigureAwait(false);
        await _maintenance.DisposeAsync().ConfigureAwait(false);
        await _topics.DisposeAsync().ConfigureAwait(false);
        await _producerIds.DisposeAsync().ConfigureAwait(false);
        await _quotas.DisposeAsync().ConfigureAwait(false);
        await _security.DisposeAsync().ConfigureAwait(false);
        await _services.Journal.DisposeAsync().ConfigureAwait(false);
        if (!Failed.IsCompleted && await _partitions.TryFlushAsync().ConfigureAwait(false))
        {
            await _maintenance.TryTrimJournalAsync(long.MaxValue).ConfigureAwait(false);
        }

        await _partitions.DisposeAsync().ConfigureAwait(false);
        await _services.DisposeAsync().ConfigureAwait(false);
        _closed.SetResult(!Failed.IsCompleted);
    }

    /// <summary>Does now what maintenance does from time to time.</summary>
    public Task MaintainAsync() => _maintenance.RunOnceAsync();

    [LoggerMessage(
        2005,
        LogLevel.Information,
        "Storage opened: opening {Opening}, {Topics} topics, {Bytes} bytes recovered from the journal.")]
    private static partial void LogOpened(ILogger logger, long opening, int topics, long bytes);
}
