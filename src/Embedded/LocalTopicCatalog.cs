using OrleansStream.Contracts;

namespace OrleansStream.Embedded;

/// <summary>The topics of whichever storage is open; refuses while there is none.</summary>
internal sealed class LocalTopicCatalog(LocalCluster cluster) : ITopicCatalog
{
    public ValueTask<TopicDescription?> FindAsync(string name, CancellationToken cancellationToken)
        => cluster.LastTopics.FindAsync(name, cancellationToken);

    public ValueTask<TopicDescription?> FindByIdAsync(Guid id, CancellationToken cancellationToken)
        => cluster.LastTopics.FindByIdAsync(id, cancellationToken);

    public ValueTask<IReadOnlyList<TopicDescription>> ListAsync(CancellationToken cancellationToken)
        => cluster.LastTopics.ListAsync(cancellationToken);

    public ValueTask<TopicReply> CreateAsync(CreateTopicRequest request, CancellationToken cancellationToken)
        => ChangeAsync(topics => topics.CreateAsync(request, cancellationToken));

    public async ValueTask<TopicReply> DeleteAsync(string name, CancellationToken cancellationToken)
    {
        var reply = await ChangeAsync(topics => topics.DeleteAsync(name, cancellationToken)).ConfigureAwait(false);
        if (reply is { Error: StreamError.None, Topic: { } topic })
        {
            cluster.Forget(topic);
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
        if (cluster.Opened is not { } opened)
        {
            return new(StreamError.NotHosted, "The storage is being opened anew.", null);
        }

        try
        {
            return await change(opened.Store.Topics).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            return new(StreamError.StorageFailed, e.Message, null);
        }
    }
}
