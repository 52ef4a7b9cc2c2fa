using OrleansStream.Contracts;

namespace OrleansStream.Silo.Tests.Gateways.Kafka;

/// <summary>A cluster of one topic whose partitions do what a test tells them.</summary>
internal sealed class ScriptedCluster : ICluster, ITopicCatalog, IProducerIds, IClientQuotas
{
    public const string TopicName = "scripted";

    private readonly ScriptedPartition[] _partitions;

    public ScriptedCluster(int partitionCount)
    {
        _partitions = [.. Enumerable.Range(0, partitionCount).Select(_ => new ScriptedPartition())];
        Topic = new TopicDescription(TopicName, Guid.NewGuid(), partitionCount, new Dictionary<string, string>());
    }

    public TopicDescription Topic { get; }

    /// <summary>What a look-up of a topic waits for.</summary>
    public Task Catalog { get; set; } = Task.CompletedTask;

    public ITopicCatalog Topics => this;

    public IProducerIds ProducerIds => this;

    public IClientQuotas Quotas => this;

    public IGroupCoordinator Groups { get; init; } = new ScriptedGroups();

    public ISecurityStore Security => throw new NotSupportedException();

    public ScriptedPartition this[int partition] => _partitions[partition];

    public IPartition GetPartition(PartitionId id)
        => id.TopicId == Topic.Id ? _partitions[id.Partition] : throw new ArgumentException($"Who asked for {id}?");

    public async ValueTask<TopicDescription?> FindAsync(string name, CancellationToken cancellationToken)
    {
        await Catalog;
        return name == TopicName ? Topic : null;
    }

    public ValueTask<TopicDescription?> FindByIdAsync(Guid id, CancellationToken cancellationToken)
        => new(id == Topic.Id ? Topic : null);

    public ValueTask<ClusterDescription> DescribeAsync(CancellationToken cancellationToken)
        => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<PartitionLocation>> LocateAsync(Guid topicId, CancellationToken cancellationToken)
        => throw new NotSupportedException();

    public ValueTask<long> AllocateAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<TopicDescription>> ListAsync(CancellationToken cancellationToken)
        => throw new NotSupportedException();

    public ValueTask<TopicReply> CreateAsync(CreateTopicRequest request, CancellationToken cancellationToken)
        => throw new NotSupportedException();

    public ValueTask<TopicReply> DeleteAsync(string name, CancellationToken cancellationToken)
        => throw new NotSupportedException();

    public ValueTask<TopicReply> AlterConfigsAsync(
        string name, IReadOnlyList<ConfigChange> changes, bool validateOnly, CancellationToken cancellationToken)
        => throw new NotSupportedException();

    public ValueTask<TopicReply> AddPartitionsAsync(
        string name, int partitionCount, bool validateOnly, CancellationToken cancellationToken)
        => throw new NotSupportedException();

    ValueTask<IReadOnlyList<ClientQuota>> IClientQuotas.ListAsync(CancellationToken cancellationToken) => new([]);

    public ValueTask<QuotaReply> AlterAsync(
        QuotaEntity entity, IReadOnlyList<QuotaChange> changes, bool validateOnly, CancellationToken cancellationToken)
        => throw new NotSupportedException();
}
