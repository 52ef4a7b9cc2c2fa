using System.Collections.Concurrent;
using OrleansStream.Contracts;

namespace OrleansStream.GrainInterfaces;

/// <summary>
/// The whole service, hosted by Orleans grains. For gateways in a silo as well as for Orleans clients.
/// </summary>
/// <remarks>Thread-safe.</remarks>
public sealed class OrleansCluster(IGrainFactory grains) : ICluster
{
    /// <summary>The key of the grains that exist once.</summary>
    public const string GrainKey = "cluster";

    /// <summary>The one node that clients connect to, as long as all silos share one storage and one process.</summary>
    public const int NodeId = 1;

    // Every partition of the largest topic several times over; some 200 bytes each.
    private const int MaxKept = 65_536;

    // A reference is kept because making one costs more than the call. When there are too many, all are dropped: those
    // in use come back, those of deleted topics and of callers that make ids up do not.
    private readonly ConcurrentDictionary<PartitionId, OrleansPartition> _partitions = [];
    private readonly IClusterGrain _cluster = grains.GetGrain<IClusterGrain>(GrainKey);
    private int _keptCount;

    public ITopicCatalog Topics { get; } = grains.GetGrain<ITopicCatalogGrain>(GrainKey);

    public IProducerIds ProducerIds => _cluster;

    public IClientQuotas Quotas { get; } = grains.GetGrain<IClientQuotasGrain>(GrainKey);

    public IGroupCoordinator Groups { get; } = new GroupRouter(
        grains.GetGrain<ITopicCatalogGrain>(GrainKey),
        id => new OrleansGroups(grains.GetGrain<IGroupCoordinatorGrain>(id.ToString())));

    public ISecurityStore Security { get; } = new OrleansSecurity(grains.GetGrain<ISecurityGrain>(GrainKey));

    public IPartition GetPartition(PartitionId id)
        => _partitions.TryGetValue(id, out var partition) ? partition : KeepPartition(id);

    public async ValueTask<ClusterDescription> DescribeAsync(CancellationToken cancellationToken)
    {
        var clusterId = await _cluster.GetClusterIdAsync(cancellationToken).ConfigureAwait(false);
        return new(clusterId, NodeId, NodeId, [new ClusterNode(NodeId, null, 0)]);
    }

    public async ValueTask<IReadOnlyList<PartitionLocation>> LocateAsync(
        Guid topicId, CancellationToken cancellationToken)
    {
        var topic = await Topics.FindByIdAsync(topicId, cancellationToken).ConfigureAwait(false);
        return await Task.WhenAll(
            Enumerable.Range(0, topic?.PartitionCount ?? 0)
                .Select(partition => LocateAsync(new PartitionId(topicId, partition), cancellationToken)))
            .ConfigureAwait(false);
    }

    private OrleansPartition KeepPartition(PartitionId id)
    {
        if (Interlocked.Increment(ref _keptCount) > MaxKept)
        {
            _partitions.Clear();
            Volatile.Write(ref _keptCount, 1);
        }

        return _partitions.GetOrAdd(id, new OrleansPartition(grains.GetGrain<IPartitionGrain>(id.ToString())));
    }

    private async Task<PartitionLocation> LocateAsync(PartitionId id, CancellationToken cancellationToken)
    {
        var status = await GetPartition(id).GetStatusAsync(cancellationToken).ConfigureAwait(false);
        return new(id.Partition, status.Error == StreamError.None ? NodeId : -1, status.LeaderEpoch);
    }
}
