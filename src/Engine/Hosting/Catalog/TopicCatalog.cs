using OrleansStream.Contracts;
using OrleansStream.Engine.Storage;
using OrleansStream.Engine.Topics;

namespace OrleansStream.Engine.Hosting.Catalog;

/// <summary>The topics, durable: each change is checked, written, and only then seen.</summary>
/// <remarks>
/// Changes are made one after another; readers see the immutable set of the last one. A fault of the table leaves it
/// unknown whether a change was made, so everything is opened anew from storage.
/// </remarks>
internal sealed class TopicCatalog(HostServices services, TopicSet topics, CatalogClaim? claim)
    : ITopicCatalog, IAsyncDisposable
{
    private readonly WorkQueue _changes = new();
    private volatile TopicSet _topics = topics;

    /// <summary>
    /// Called after each change, before it is answered: the topic as it was and as it is, null for none.
    /// </summary>
    public event Func<TopicDescription?, TopicDescription?, Task>? Changed;

    public TopicSet Topics => _topics;

    /// <summary>Whether the topic exists and has such a partition.</summary>
    public bool Exists(PartitionId id)
        => id.Partition >= 0 && id.Partition < (_topics.FindById(id.TopicId)?.PartitionCount ?? 0);

    public ValueTask<TopicDescription?> FindAsync(string name, CancellationToken cancellationToken)
        => new(_topics.Find(name));

    public ValueTask<TopicDescription?> FindByIdAsync(Guid id, CancellationToken cancellationToken)
        => new(_topics.FindById(id));

    public ValueTask<IReadOnlyList<TopicDescription>> ListAsync(CancellationToken cancellationToken)
        => new(_topics.All);

    public ValueTask<TopicReply> CreateAsync(CreateTopicRequest request, CancellationToken cancellationToken)
        => ChangeAsync(
            topics => topics.DecideCreate(request, Guid.NewGuid(), DefaultPartitionCount(request.Name)),
            topic => [new(TableOperationKind.Insert, TopicRows.TopicKey(topic.Name), TopicRows.Encode(topic))],
            (topics, topic) => topics.With(topic),
            request.ValidateOnly,
            cancellationToken);

    public async ValueTask<TopicReply> DeleteAsync(string name, CancellationToken cancellationToken)
    {
        var reply = await ChangeAsync(
            topics => topics.DecideDelete(name),
            topic =>
            [
                new(TableOperationKind.Delete, TopicRows.TopicKey(topic.Name)),
                new(TableOperationKind.Insert, TopicRows.TombstoneKey(topic.Id), TopicRows.EncodeTombstone(topic)),
            ],
            (topics, topic) => topics.Without(topic),
            validateOnly: false,
            cancellationToken).ConfigureAwait(false);
        return reply with { Topic = null };
    }

    public ValueTask<TopicReply> AlterConfigsAsync(
        string name, IReadOnlyList<ConfigChange> changes, bool validateOnly, CancellationToken cancellationToken)
        => UpdateAsync(topics => topics.DecideAlter(name, changes), validateOnly, cancellationToken);

    public ValueTask<TopicReply> AddPartitionsAsync(
        string name, int partitionCount, bool validateOnly, CancellationToken cancellationToken)
        => UpdateAsync(topics => topics.DecideAddPartitions(name, partitionCount), validateOnly, cancellationToken);

    public ValueTask DisposeAsync() => _changes.DisposeAsync();

    private int DefaultPartitionCount(string name)
        => name == TopicDescription.GroupsTopic
            ? services.Options.Groups.PartitionCount
            : services.Options.DefaultPartitionCount;

    private ValueTask<TopicReply> UpdateAsync(
        Func<TopicSet, TopicReply> decide, bool validateOnly, CancellationToken cancellationToken)
        => ChangeAsync(
            decide,
            topic => [new(TableOperationKind.Upsert, TopicRows.TopicKey(topic.Name), TopicRows.Encode(topic))],
            (topics, topic) => topics.With(topic),
            validateOnly,
            cancellationToken);

    private async ValueTask<TopicReply> ChangeAsync(
        Func<TopicSet, TopicReply> decide,
        Func<TopicDescription, IReadOnlyList<TableOperation>> write,
        Func<TopicSet, TopicDescription, TopicSet> apply,
        bool validateOnly,
        CancellationToken cancellationToken)
        => await _changes.RunAsync(
            async () =>
            {
                var reply = decide(_topics);
                if (reply.Topic is { } topic && !validateOnly)
                {
                    await WriteAsync(write(topic)).ConfigureAwait(false);
                    await ApplyAsync(apply(_topics, topic), topic).ConfigureAwait(false);
                }

                return reply;
            },
            cancellationToken).ConfigureAwait(false);

    private async Task WriteAsync(IReadOnlyList<TableOperation> operations)
    {
        try
        {
            var etags = await services.Storage.Tables
                .ExecuteAsync(
                    TopicRows.Table,
                    TopicRows.PartitionKey,
                    claim is null ? operations : [.. operations, claim.Renewal],
                    CancellationToken.None)
                .ConfigureAwait(false);
            claim?.Renewed(etags[^1]!);
        }
        catch (IOException e)
        {
            services.Fail(e);
            throw;
        }
    }

    private async Task ApplyAsync(TopicSet changed, TopicDescription topic)
    {
        var before = _topics.FindById(topic.Id);
        _topics = changed;
        if (Changed is { } handler)
        {
            await handler(before, changed.FindById(topic.Id)).ConfigureAwait(false);
        }
    }
}
