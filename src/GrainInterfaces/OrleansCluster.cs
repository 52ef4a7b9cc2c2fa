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

    private readonly IClusterGrain _cluster = grains.GetGrain<IClusterGrain>(GrainKey);

    public ITopicCatalog Topics { get; } = grains.GetGrain<ITopicCatalogGrain>(GrainKey);

    public IProducerIds ProducerIds => _cluster;

    public IPartition GetPartition(PartitionId id)
        => new OrleansPartition(grains.GetGrain<IPartitionGrain>(id.ToString()));

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

    private async Task<PartitionLocation> LocateAsync(PartitionId id, CancellationToken cancellationToken)
    {
        var status = await GetPartition(id).GetStatusAsync(cancellationToken).ConfigureAwait(false);
        return new(id.Partition, status.Error == StreamError.None ? NodeId : -1, status.LeaderEpoch);
    }
}
