using OrleansStream.Contracts;
using OrleansStream.Engine.Topics;

namespace OrleansStream.Engine.Hosting;

/// <summary>
/// The topics of whichever store is open. While there is none they are shown as last known, and not changed.
/// </summary>
internal sealed class SupervisedTopics(StoreSupervisor supervisor) : ITopicCatalog
{
    public ValueTask<TopicDescription?> FindAsync(string name, CancellationToken cancellationToken)
        => supervisor.Last?.Topics.FindAsync(name, cancellationToken) ?? new((TopicDescription?)null);

    public ValueTask<TopicDescription?> FindByIdAsync(Guid id, CancellationToken cancellationToken)
        => supervisor.Last?.Topics.FindByIdAsync(id, cancellationToken) ?? new((TopicDescription?)null);

    public ValueTask<IReadOnlyList<TopicDescription>> ListAsync(CancellationToken cancellationToken)
        => supervisor.Last?.Topics.ListAsync(cancellationToken) ?? new(TopicSet.Empty.All);

    public ValueTask<TopicReply> CreateAsync(CreateTopicRequest request, CancellationToken cancellationToken)
        => ChangeAsync(topics => topics.CreateAsync(request, cancellationToken));

    public async ValueTask<TopicReply> DeleteAsync(string name, CancellationToken cancellationToken)
    {
        var topic = await FindAsync(name, cancellationToken).ConfigureAwait(false);
        var reply = await ChangeAsync(topics => topics.DeleteAsync(name, cancellationToken)).ConfigureAwait(false);
        if (reply.Error == StreamError.None && topic is not null)
        {
            supervisor.OnTopicDeleted(topic);
        }

        return reply;
    }

    public ValueTask<TopicReply> AlterConfigsAsync(
        string name, IReadOnlyList<ConfigChange> changes, bool validateOnly, CancellationToken cancellationToken)
        => ChangeAsync(topics => topics.AlterConfigsAsync(name, changes, validateOnly, cancellationToken));

    public ValueTask<TopicReply> AddPartitionsAsync(
        string name, int partitionCount, bool validateOnly, CancellationToken cancellationToken)
        => ChangeAsync(topics => topics.AddPartitionsAsync(name, partitionCount, validateOnly, cancellationToken));

    private async ValueTask<TopicReply> ChangeAsync(Func<ITopicCatalog, ValueTask<TopicReply>> change)
    {
        if (supervisor.Current is not { } store)
        {
            return new(StreamError.NotHosted, "The storage is being opened anew.", null);
        }

        try
        {
            return await change(store.Topics).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            return new(StreamError.StorageFailed, e.Message, null);
        }
    }
}
