using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansStream.Contracts;
using OrleansStream.Engine.Hosting;
using OrleansStream.Engine.Hosting.Coordination;
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
public sealed partial class LocalCluster : ICluster, IAsyncDisposable
{
    /// <summary>The one node there is.</summary>
    public const int NodeId = 1;

    private readonly StoreSupervisor _store;
    private readonly ILogger _logger;
    private readonly ConcurrentDictionary<PartitionId, LocalPartition> _partitions = [];
    private readonly ConcurrentDictionary<PartitionId, Lazy<GroupCoordinator>> _coordinators = [];
    private volatile OpenedPartitions? _opened;

    private LocalCluster(StoreSupervisor store, ILogger logger)
    {
        _store = store;
        _logger = logger;
        Groups = new GroupRouter(store.Topics, FindCoordinator);
        store.Opened += OpenPartitionsAsync;
        store.TopicDeleted += Forget;
    }

    public ITopicCatalog Topics => _store.Topics;

    public IProducerIds ProducerIds => _store.ProducerIds;

    public IClientQuotas Quotas => _store.Quotas;

    public IGroupCoordinator Groups { get; }

    public ISecurityStore Security => _store.Security;

    /// <summary>Null while the storage is being opened anew.</summary>
    internal OpenedPartitions? Opened => _opened is { } opened && opened.Store == _store.Current ? opened : null;

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
        var store = new StoreSupervisor(openStorage, options, loggers, time);
        var cluster = new LocalCluster(store, loggers.CreateLogger<LocalCluster>());
        try
        {
            await store.OpenAsync(cancellationToken).ConfigureAwait(false);
            return cluster;
        }
        catch
        {
            await store.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public IPartition GetPartition(PartitionId id) => FindPartition(id);

    public ValueTask<ClusterDescription> DescribeAsync(CancellationToken cancellationToken)
        => new(new ClusterDescription(_store.ClusterId, NodeId, NodeId, [new ClusterNode(NodeId, null, 0)]));

    public async ValueTask<IReadOnlyList<PartitionLocation>> LocateAsync(
        Guid topicId, CancellationToken cancellationToken)
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

    /// <summary>Writes everything to the storage and closes it.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var coordinator in _coordinators.Values)
        {
            await coordinator.Value.DisposeAsync().ConfigureAwait(false);
        }

        await _store.DisposeAsync().ConfigureAwait(false);
    }

    private GroupCoordinator FindCoordinator(PartitionId id)
        => _coordinators.GetOrAdd(
            id,
            static (id, cluster) => new Lazy<GroupCoordinator>(
                () => cluster._store.CoordinateGroups(id, cluster.FindPartition(id), cluster.Topics)),
            this).Value;

    // Only partitions that exist are kept, so that a caller with made-up ids costs nothing.
    private LocalPartition FindPartition(PartitionId id)
    {
        if (_partitions.TryGetValue(id, out var partition))
        {
            return partition;
        }

        partition = new LocalPartition(this, id);
        return _store.Current?.Exists(id) == true ? _partitions.GetOrAdd(id, partition) : partition;
    }

    // All at once, so that retention runs on every partition and the first call of a client does not wait.
    private async Task OpenPartitionsAsync(LogStore store, CancellationToken cancellationToken)
    {
        var opened = new OpenedPartitions(store);
        var topics = await store.Topics.ListAsync(cancellationToken).ConfigureAwait(false);
        var partitions = topics.SelectMany(
            topic => Enumerable
                .Range(0, topic.PartitionCount)
                .Select(partition => new PartitionId(topic.Id, partition)));
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
        _opened = opened;
    }

    private void Forget(TopicDescription topic)
    {
        for (var partition = 0; partition < topic.PartitionCount; partition++)
        {
            var id = new PartitionId(topic.Id, partition);
            _partitions.TryRemove(id, out _);
            _opened?.Forget(id);
        }
    }

    [LoggerMessage(2012, LogLevel.Error, "A partition is refused: {Reason}")]
    private partial void LogRefused(string reason);
}
