using Microsoft.Extensions.Logging;
using OrleansStream.Contracts;
using OrleansStream.Engine.Hosting.Coordination;
using OrleansStream.Engine.Storage;

namespace OrleansStream.Engine.Hosting;

/// <summary>Keeps a storage open: when it fails, closes it and opens it anew, as often as it takes.</summary>
/// <remarks>
/// Both hosts have one. Until the storage is open again changes are refused with an error that clients retry, and the
/// topics are shown as they were last known. Thread-safe.
/// </remarks>
public sealed partial class StoreSupervisor : IProducerIds, IAsyncDisposable
{
    private static readonly TimeSpan ReopenDelay = TimeSpan.FromSeconds(1);

    private readonly Func<CancellationToken, Task<IStorage>> _openStorage;
    private readonly EngineOptions _options;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stopping = new();
    private volatile OpenedStore? _current;
    private int _disposed;
    private Task _supervising = Task.CompletedTask;

    /// <param name="openStorage">
    /// Called for the first opening, and again when the storage has failed and was disposed.
    /// </param>
    public StoreSupervisor(
        Func<CancellationToken, Task<IStorage>> openStorage, EngineOptions options, ILoggerFactory loggers,
        TimeProvider time)
    {
        _openStorage = openStorage;
        _options = options;
        _loggers = loggers;
        _logger = loggers.CreateLogger<StoreSupervisor>();
        _time = time;
        Topics = new SupervisedTopics(this);
        Quotas = new SupervisedQuotas(this);
        Security = new SupervisedSecurity(this);
    }

    /// <summary>Called after each opening. When it fails the store is closed again.</summary>
    public event Func<LogStore, CancellationToken, Task>? Opened;

    /// <summary>Called with a topic that was deleted, before the deletion is answered.</summary>
    public event Action<TopicDescription>? TopicDeleted;

    /// <summary>Null before the first opening and while the storage is being opened anew.</summary>
    public LogStore? Current => _current?.Store;

    /// <summary>Empty before the first opening.</summary>
    public string ClusterId => Last?.ClusterId ?? "";

    public ITopicCatalog Topics { get; }

    public IProducerIds ProducerIds => this;

    public IClientQuotas Quotas { get; }

    public ISecurityStore Security { get; }

    /// <summary>The store that is or was open last; null before the first opening.</summary>
    internal LogStore? Last { get; private set; }

    /// <summary>Opens the storage and recovers what is in it. Called once.</summary>
    /// <exception cref="IOException">The storage cannot be opened.</exception>
    /// <exception cref="InvalidDataException">A row is damaged; the message names it.</exception>
    public async Task OpenAsync(CancellationToken cancellationToken)
        => _supervising = SuperviseAsync(await OpenOnceAsync(cancellationToken).ConfigureAwait(false));

    /// <summary>Begins to coordinate the groups that a partition holds; the caller ends it.</summary>
    /// <param name="partition">The one of that id, for good: it stays valid while the storage is opened anew.</param>
    /// <param name="topics">The topics of the cluster.</param>
    public GroupCoordinator CoordinateGroups(PartitionId id, IPartition partition, ITopicCatalog topics)
        => new(id, partition, topics, _options.Groups, _time, _logger);

    /// <exception cref="IOException">The storage fails, or is being opened anew; it can be tried again.</exception>
    async ValueTask<long> IProducerIds.AllocateAsync(CancellationToken cancellationToken)
    {
        try
        {
            return Current is { } store
                ? await store.ProducerIds.AllocateAsync(cancellationToken).ConfigureAwait(false)
                : throw new IOException("The storage is being opened anew.");
        }
        catch (ObjectDisposedException e)
        {
            throw new IOException("The storage is being closed.", e);
        }
    }

    /// <summary>Writes everything to the storage and closes it. A second call does nothing.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 1)
        {
            return;
        }

        await _stopping.CancelAsync().ConfigureAwait(false);
        await _supervising.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (Interlocked.Exchange(ref _current, null) is { } opened)
        {
            await opened.DisposeAsync().ConfigureAwait(false);
        }

        _stopping.Dispose();
    }

    internal void OnTopicDeleted(TopicDescription topic) => TopicDeleted?.Invoke(topic);

    private async Task<OpenedStore> OpenOnceAsync(CancellationToken cancellationToken)
    {
        var storage = await _openStorage(cancellationToken).ConfigureAwait(false);
        var opened = new OpenedStore(storage, null);
        try
        {
            var store = await LogStore.OpenAsync(storage, _options, _time, _loggers, cancellationToken)
                .ConfigureAwait(false);
            opened = new OpenedStore(storage, store);
            Last = store;
            _current = opened;
            await (Opened?.Invoke(store, cancellationToken) ?? Task.CompletedTask).ConfigureAwait(false);
            return opened;
        }
        catch
        {
            _current = null;
            await opened.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async Task SuperviseAsync(OpenedStore opened)
    {
        while (true)
        {
            var fault = await opened.Store!.Failed.WaitAsync(_stopping.Token).ConfigureAwait(false);
            LogFailed(fault);
            _current = null;
            await CloseFailedAsync(opened).ConfigureAwait(false);
            opened = await ReopenAsync().ConfigureAwait(false);
        }
    }

    private async Task CloseFailedAsync(OpenedStore opened)
    {
        try
        {
            await opened.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // Whatever it was, the storage must be opened anew.
            LogCloseFailed(e);
        }
    }

    private async Task<OpenedStore> ReopenAsync()
    {
        while (true)
        {
            try
            {
                return await OpenOnceAsync(_stopping.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                LogReopenFailed(e);
            }

            await Task.Delay(ReopenDelay, _time, _stopping.Token).ConfigureAwait(false);
        }
    }

    [LoggerMessage(2010, LogLevel.Error, "The storage failed and is opened anew.")]
    private partial void LogFailed(Exception exception);

    [LoggerMessage(2011, LogLevel.Error, "The storage could not be opened; it is tried again.")]
    private partial void LogReopenFailed(Exception exception);

    [LoggerMessage(2015, LogLevel.Warning, "The failed storage could not be closed in order.")]
    private partial void LogCloseFailed(Exception exception);

    /// <summary>A storage and the store on it; no store when it could not be opened.</summary>
    private sealed record OpenedStore(IStorage Storage, LogStore? Store) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            try
            {
                if (Store is not null)
                {
                    await Store.DisposeAsync().ConfigureAwait(false);
                }
            }
            finally
            {
                await Storage.DisposeAsync().ConfigureAwait(false);
            }
        }
    }
}
