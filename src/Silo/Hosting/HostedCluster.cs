using OrleansStream.Contracts;

namespace OrleansStream.Silo.Hosting;

/// <summary>The host's cluster for the gateways, which are put together before it is open and never close it.</summary>
internal sealed class HostedCluster(IClusterHost host) : ICluster
{
    public ITopicCatalog Topics => host.Cluster.Topics;

    public IProducerIds ProducerIds => host.Cluster.ProducerIds;

    public IClientQuotas Quotas => host.Cluster.Quotas;

    public IGroupCoordinator Groups => host.Cluster.Groups;

    public ISecurityStore Security => host.Cluster.Security;

    public IPartition GetPartition(PartitionId id) => host.Cluster.GetPartition(id);

    public ValueTask<ClusterDescription> DescribeAsync(CancellationToken cancellationToken)
        => host.Cluster.DescribeAsync(cancellationToken);

    public ValueTask<IReadOnlyList<PartitionLocation>> LocateAsync(Guid topicId, CancellationToken cancellationToken)
        => host.Cluster.LocateAsync(topicId, cancellationToken);
}
