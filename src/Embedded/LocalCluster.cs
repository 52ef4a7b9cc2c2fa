using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansStream.Contracts;
using OrleansStream.Engine.Hosting;
using OrleansStream.Engine.Storage;
using OrleansStream.Engine.Storage.Local;

namespace OrleansStream.Embedded;

/// <summary>The whole service in one process, with nothing else installed.</summary>
/// <remarks>
/// <code>
/// await using var cluster = await LocalCluster.OpenAsync("data");
/// </code>
/// When the storage fails under it the cluster opens it anew by itself, as often as it takes; until then appends and
/// changes are refused with an error that clients retry. Thread-safe.
/// </remarks>
public sealed partial class LocalCluster : ICluster, IProducerIds, IAsyncDisposable
{
    /// <summary>The one node there is.</summary>
    public const int NodeId = 1;

    private static readonly TimeSpan ReopenDelay = TimeSpan.FromSeconds(1);

    private readonly Func<CancellationToken, Task<IStorage>> _openStorage;
    private readonly EngineOptions _options;
    private readonly TimeProvider _time;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _logger;
    private readonly ConcurrentDictionary<PartitionId, LocalPartition> _partitions = [];
    private readonly CancellationTokenSource _stopping = new();
    private volatile OpenedStorage? _opened;
    private int _disposed;
    private Task _supervising = Task.CompletedTask;

    private LocalCluster(
        Func<CancellationToken, Task<IStorage>> openStorage, EngineOptions options, ILoggerFactory loggers, TimeProvider time)
    {
        _openStorage = openStorage;
        _options = options;
        _loggers = loggers;
        _logger = loggers.CreateLogger<LocalCluster>();
        _time = time;
        Topics = new LocalTopicCatalog(this);
    }

    public ITopicCatalog Topics { get; }

    public IProducerIds ProducerIds => this;

    /// <summary>Null while the storage is being opened anew.</summary>
    internal OpenedStorage? Opened => _opened;

    /// <summary>The topics as they were last known.</summary>
    internal ITopicCatalog LastTopics { get; private set; } = null!; // Set by the first opening.

    internal string ClusterId { get; private set; } = "";

    /// <summary>Opens a cluster that keeps its data in local files.</summary>
    /// <exception cref="IOException">The directory cannot be used, or another process uses it.</exception>
    public static Task<LocalCluster> OpenAsync(string directory, CancellationToken cancellationToken = default)
        => OpenAsync(
            async token => await LocalStorage.OpenAsync(directory, JournalSync.Always, token).ConfigureAwait(false),
            new EngineOptions(),
            NullLoggerFactory.Instance,
            TimeProvider.System,
            cancellationToken);

    /// <summary>Opens a cluster on any storage, and recovers what is in it.</summary>
    /// <param name="openStorage">Called now, and again whenever the storage has failed and was disposed.</param>
    /// <exception cref="IOException">The storage cannot be opened.</exception>
    public static async Task<LocalCluster> OpenAsync(
        Func<CancellationToken, Task<IStorage>> openStorage,
        EngineOptions options,
        ILoggerFactory loggers,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        var cluster = new LocalCluster(openStorage, options, loggers, time);
        var opened = await cluster.OpenStorageAsync(cancellationToken).ConfigureAwait(false);
        cluster._supervising = cluster.SuperviseAsync(opened);
        return cluster;
    }

    public IPartition GetPartition(PartitionId id) => FindPartition(id);

    public ValueTask<ClusterDescription> DescribeAsync(CancellationToken cancellationToken)
        => new(new ClusterDescription(ClusterId, NodeId, NodeId, [new ClusterNode(NodeId, null, 0)]));

    public async ValueTask<IReadOnlyList<PartitionLocation>> LocateAsync(Guid topicId, CancellationToken cancellationToken)
    {
        if (await Topics.FindByIdAsync(topicId, cancellationToken).ConfigureAwait(false) is not { } topic)
        {
            return [];
        }

        var locations = new PartitionLocation[topic.PartitionCount];
        for (var partition = 0; partition < locations.Length; partition++)
        {
            var epoch = await FindPartition(new(topicId, partition)).GetLeaderEpochAsync(cancellationToken)
                .ConfigureAwait(false);
            locations[partition] = new(partition, epoch < 0 ? -1 : NodeId, epoch);
        }

        return locations;
    }

    /// <exception cref="IOException">The storage fails, or is being opened anew; it can be tried again.</exception>
    async ValueTask<long> IProducerIds.AllocateAsync(CancellationToken cancellationToken)
        => _opened is { } opened
            ? await opened.Store.ProducerIds.AllocateAsync(cancellationToken).ConfigureAwait(false)
            : throw new IOException("The storage is being opened anew.");

    /// <summary>Writes everything to the storage and closes it. A second call does nothing.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 1)
        {
            return;
        }

        await _stopping.CancelAsync().ConfigureAwait(false);
        await _supervising.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (Interlocked.Exchange(ref _opened, null) is { } opened)
        {
            await opened.DisposeAsync().ConfigureAwait(false);
        }

        _stopping.Dispose();
    }

    internal void Forget(TopicDescription topic)
    {
        for (var partition = 0; partition < topic.PartitionCount; partition++)
        {
            _partitions.TryRemove(new PartitionId(topic.Id, partition), out _);
        }
    }

    // Only partitions that exist are kept, so that a caller with made-up ids costs nothing.
    private LocalPartition FindPartition(PartitionId id)
    {
        if (_partitions.TryGetValue(id, out var partition))
        {
            return partition;
        }

        partition = new LocalPartition(this, id);
        return _opened?.Store.Exists(id) == true ? _partitions.GetOrAdd(id, partition) : partition;
    }

    private async Task<OpenedStorage> OpenStorageAsync(CancellationToken cancellationToken)
    {
        var storage = await _openStorage(cancellationToken).ConfigureAwait(false);
        try
        {
            var store = await LogStore.OpenAsync(storage, _options, _time, _loggers, cancellationToken)
                .ConfigureAwait(false);
            var opened = new OpenedStorage(storage, store);
            LastTopics = store.Topics;
            ClusterId = store.ClusterId;
            await OpenPartitionsAsync(opened, cancellationToken).ConfigureAwait(false);
            _opened = opened;
            return opened;
        }
        catch
        {
            await storage.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    // All at once, so that retention runs on every partition and the first call of a client does not wait.
    private async Task OpenPartitionsAsync(OpenedStorage opened, CancellationToken cancellationToken)
    {
        var topics = await opened.Store.Topics.ListAsync(cancellationToken).ConfigureAwait(false);
        var partitions = topics.SelectMany(
            topic => Enumerable.Range(0, topic.PartitionCount).Select(partition => new PartitionId(topic.Id, partition)));
        await Parallel.ForEachAsync(
            partitions,
            cancellationToken,
            async (id, token) =>
            {
                try
                {
                    await opened.OpenPartitionAsync(id, token).ConfigureAwait(false);
                }
                catch (StorageDamagedException e)
                {
                    LogRefused(e.Message);
                }
            }).ConfigureAwait(false);
    }

    private async Task SuperviseAsync(OpenedStorage opened)
    {
        while (true)
        {
            var fault = await opened.Store.Failed.WaitAsync(_stopping.Token).ConfigureAwait(false);
            LogFailed(fault);
            _opened = null;
            await opened.DisposeAsync().ConfigureAwait(false);
            opened = await ReopenAsync().ConfigureAwait(false);
        }
    }

    private async Task<OpenedStorage> ReopenAsync()
    {
        while (true)
        {
            try
            {
                return await OpenStorageAsync(_stopping.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                LogReopenFailed(e);
            }

            await Task.Delay(ReopenDelay, _time, _stopping.Token).ConfigureAwait(false);
        }
    }

    [LoggerMessage(1101, LogLevel.Error, "The storage failed and is opened anew.")]
    private partial void LogFailed(Exception exception);

    [LoggerMessage(1102, LogLevel.Error, "The storage could not be opened; it is tried again.")]
    private partial void LogReopenFailed(Exception exception);

    [LoggerMessage(1103, LogLevel.Error, "A partition is refused: {Reason}")]
    private partial void LogRefused(string reason);
}
