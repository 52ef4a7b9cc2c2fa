using Orleans.Concurrency;
using OrleansStream.Contracts;
using OrleansStream.Engine.Hosting;
using OrleansStream.GrainInterfaces;

namespace OrleansStream.Grains;

/// <summary>The topics: one place in the cluster where they are asked for and changed.</summary>
/// <remarks>Reentrant, so that readers do not wait for a change to become durable. The engine orders changes.</remarks>
[Reentrant]
[GrainType("topics")]
internal sealed class TopicCatalogGrain(StoreSupervisor supervisor) : Grain, ITopicCatalogGrain
{
    private readonly ITopicCatalog _topics = supervisor.Topics;

    public ValueTask<TopicDescription?> FindAsync(string name, CancellationToken cancellationToken)
        => _topics.FindAsync(name, cancellationToken);

    public ValueTask<TopicDescription?> FindByIdAsync(Guid id, CancellationToken cancellationToken)
        => _topics.FindByIdAsync(id, cancellationToken);

    public ValueTask<IReadOnlyList<TopicDescription>> ListAsync(CancellationToken cancellationToken)
        => _topics.ListAsync(cancellationToken);

    public ValueTask<TopicReply> CreateAsync(CreateTopicRequest request, CancellationToken cancellationToken)
        => _topics.CreateAsync(request, cancellationToken);

    public ValueTask<TopicReply> DeleteAsync(string name, CancellationToken cancellationToken)
        => _topics.DeleteAsync(name, cancellationToken);

    public ValueTask<TopicReply> AlterConfigsAsync(
        string name, IReadOnlyList<ConfigChange> changes, bool validateOnly, CancellationToken cancellationToken)
        => _topics.AlterConfigsAsync(name, changes, validateOnly, cancellationToken);

    public ValueTask<TopicReply> AddPartitionsAsync(
        string name, int partitionCount, bool validateOnly, CancellationToken cancellationToken)
        => _topics.AddPartitionsAsync(name, partitionCount, validateOnly, cancellationToken);
}
