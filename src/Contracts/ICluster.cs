namespace OrleansStream.Contracts;

/// <summary>A node that clients can connect to.</summary>
/// <param name="Host">Null for the node that was asked: its gateway knows the address it is reached by.</param>
[GenerateSerializer, Immutable, Alias("OrleansStream.ClusterNode")]
public sealed record ClusterNode([property: Id(0)] int Id, [property: Id(1)] string? Host, [property: Id(2)] int Port);

/// <summary>Who belongs to a cluster.</summary>
/// <param name="ClusterId">Made when the storage was first used, and kept.</param>
/// <param name="NodeId">The node that was asked.</param>
[GenerateSerializer, Immutable, Alias("OrleansStream.ClusterDescription")]
public sealed record ClusterDescription(
    [property: Id(0)] string ClusterId,
    [property: Id(1)] int NodeId,
    [property: Id(2)] int ControllerId,
    [property: Id(3)] IReadOnlyList<ClusterNode> Nodes);

/// <summary>Where a partition is hosted.</summary>
/// <param name="NodeId">-1 while no node hosts it.</param>
[GenerateSerializer, Immutable, Alias("OrleansStream.PartitionLocation")]
public readonly record struct PartitionLocation(
    [property: Id(0)] int Partition,
    [property: Id(1)] int NodeId,
    [property: Id(2)] int LeaderEpoch);

/// <summary>Hands out ids for idempotent producers, each once.</summary>
public interface IProducerIds
{
    ValueTask<long> AllocateAsync(CancellationToken cancellationToken);
}

/// <summary>The whole service, whoever hosts it. Gateways and clients know nothing else.</summary>
public interface ICluster
{
    ITopicCatalog Topics { get; }

    IProducerIds ProducerIds { get; }

    IClientQuotas Quotas { get; }

    IGroupCoordinator Groups { get; }

    ISecurityStore Security { get; }

    /// <summary>Never fails and never waits: whether the partition exists shows when it is called.</summary>
    IPartition GetPartition(PartitionId id);

    ValueTask<ClusterDescription> DescribeAsync(CancellationToken cancellationToken);

    /// <summary>Where the partitions of a topic are hosted, by number. Empty when the topic does not exist.</summary>
    ValueTask<IReadOnlyList<PartitionLocation>> LocateAsync(Guid topicId, CancellationToken cancellationToken);
}
