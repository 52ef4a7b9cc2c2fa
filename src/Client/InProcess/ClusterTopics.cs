using OrleansStream.Contracts;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;

namespace OrleansStream.Client.InProcess;

/// <summary>Answers what is asked of topics from a cluster's catalog.</summary>
internal sealed class ClusterTopics(ICluster cluster)
{
    // Whatever hosts a partition, the cluster hands out the way to it.
    private const int OnlyNode = 0;

    private static readonly int[] s_replicas = [OnlyNode];

    /// <exception cref="StreamException">The request is none that is answered in process.</exception>
    public async ValueTask<object> AnswerAsync(object request, CancellationToken cancellationToken) => request switch
    {
        MetadataRequest metadata => await DescribeAsync(metadata, cancellationToken).ConfigureAwait(false),
        CreateTopicsRequest create => await CreateAsync(create, cancellationToken).ConfigureAwait(false),
        DeleteTopicsRequest delete => await DeleteAsync(delete, cancellationToken).ConfigureAwait(false),
        CreatePartitionsRequest grow => await GrowAsync(grow, cancellationToken).ConfigureAwait(false),
        DescribeConfigsRequest configs => await DescribeConfigsAsync(configs, cancellationToken).ConfigureAwait(false),
        IncrementalAlterConfigsRequest alter => await AlterAsync(alter, cancellationToken).ConfigureAwait(false),
        _ => throw new StreamException(ErrorCode.UnsupportedVersion, $"{request.GetType().Name} is for servers only."),
    };

    private async Task<MetadataResponse> DescribeAsync(MetadataRequest request, CancellationToken cancellationToken)
    {
        var description = await cluster.DescribeAsync(cancellationToken).ConfigureAwait(false);
        var topics = new List<MetadataTopic>();
        if (request.Topics is null)
        {
            var all = await cluster.Topics.ListAsync(cancellationToken).ConfigureAwait(false);
            topics.AddRange(all.Select(Describe));
        }

        foreach (var wanted in request.Topics ?? [])
        {
            var topic = await cluster.Topics.FindAsync(wanted.Name!, cancellationToken).ConfigureAwait(false);
            topics.Add(topic is not null
                ? Describe(topic)
                : await CreateAsync(wanted.Name!, request.AllowAutoTopicCreation, cancellationToken)
                    .ConfigureAwait(false));
        }

        return new MetadataResponse(
            [new MetadataNode(OnlyNode, "in-process", 0)], description.ClusterId, OnlyNode, topics);
    }

    private static MetadataTopic Describe(TopicDescription topic) => new(
        ErrorCode.None,
        topic.Name,
        topic.Id,
        [.. Enumerable.Range(0, topic.PartitionCount).Select(partition => new MetadataPartition(
            ErrorCode.None, partition, OnlyNode, -1, s_replicas, s_replicas, []))],
        topic.IsInternal);

    // As a server does: without leave to create it, the name is only checked.
    private async Task<MetadataTopic> CreateAsync(string name, bool mayCreate, CancellationToken cancellationToken)
    {
        var request = new CreateTopicRequest(name, -1, new Dictionary<string, string>(), ValidateOnly: !mayCreate);
        var reply = await cluster.Topics.CreateAsync(request, cancellationToken).ConfigureAwait(false);
        return reply.Topic is { } topic && mayCreate
            ? Describe(topic)
            : new MetadataTopic(
                reply.Error is StreamError.None or StreamError.TopicExists
                    ? ErrorCode.UnknownTopicOrPartition
                    : reply.Error.ToErrorCode(),
                name,
                default,
                []);
    }

    private async Task<CreateTopicsResponse> CreateAsync(
        CreateTopicsRequest request, CancellationToken cancellationToken)
    {
        var created = new List<CreatedTopic>();
        foreach (var topic in request.Topics)
        {
            var configs = topic.Configs.Where(config => config.Value is not null)
                .ToDictionary(config => config.Name, config => config.Value!);
            var reply = await cluster.Topics.CreateAsync(
                new(topic.Name, topic.PartitionCount, configs, request.ValidateOnly), cancellationToken)
                .ConfigureAwait(false);
            created.Add(new CreatedTopic(
                topic.Name, reply.Topic?.Id ?? default, reply.Error.ToErrorCode(), reply.Message));
        }

        return new CreateTopicsResponse(created);
    }

    private async Task<DeleteTopicsResponse> DeleteAsync(
        DeleteTopicsRequest request, CancellationToken cancellationToken)
    {
        var deleted = new List<DeletedTopic>();
        foreach (var topic in request.Topics)
        {
            var reply = await cluster.Topics.DeleteAsync(topic.Name!, cancellationToken).ConfigureAwait(false);
            deleted.Add(new DeletedTopic(topic.Name, default, reply.Error.ToErrorCode(), reply.Message));
        }

        return new DeleteTopicsResponse(deleted);
    }

    private async Task<CreatePartitionsResponse> GrowAsync(
        CreatePartitionsRequest request, CancellationToken cancellationToken)
    {
        var grown = new List<GrownTopic>();
        foreach (var topic in request.Topics)
        {
            var reply = await cluster.Topics.AddPartitionsAsync(
                topic.Name, topic.PartitionCount, request.ValidateOnly, cancellationToken).ConfigureAwait(false);
            grown.Add(new GrownTopic(topic.Name, reply.Error.ToErrorCode(), reply.Message));
        }

        return new CreatePartitionsResponse(grown);
    }

    private async Task<DescribeConfigsResponse> DescribeConfigsAsync(
        DescribeConfigsRequest request, CancellationToken cancellationToken)
    {
        var described = new List<DescribedResource>();
        foreach (var resource in request.Resources)
        {
            var topic = await cluster.Topics.FindAsync(resource.Name, cancellationToken).ConfigureAwait(false);
            described.Add(topic is null
                ? new(ErrorCode.UnknownTopicOrPartition, "There is no such topic.", resource.Type, resource.Name, [])
                : new(ErrorCode.None, null, resource.Type, resource.Name, [.. TopicConfig.Definitions.Select(
                    definition => Describe(definition, topic.Configs.GetValueOrDefault(definition.Name)))]));
        }

        return new DescribeConfigsResponse(described);
    }

    private static DescribedConfig Describe(TopicConfigDefinition definition, string? own) => new(
        definition.Name,
        own ?? definition.Default,
        IsReadOnly: false,
        own is null ? ConfigSource.Default : ConfigSource.DynamicTopic,
        IsSensitive: false,
        Synonyms: [],
        ConfigType.Unknown,
        definition.Documentation);

    private async Task<IncrementalAlterConfigsResponse> AlterAsync(
        IncrementalAlterConfigsRequest request, CancellationToken cancellationToken)
    {
        var altered = new List<AlteredResource>();
        foreach (var resource in request.Resources)
        {
            var changes = resource.Configs.Select(config => new ConfigChange(
                config.Name, config.Operation == ConfigOperation.Set ? config.Value : null));
            var reply = await cluster.Topics.AlterConfigsAsync(
                resource.Name, [.. changes], request.ValidateOnly, cancellationToken).ConfigureAwait(false);
            altered.Add(new AlteredResource(reply.Error.ToErrorCode(), reply.Message, resource.Type, resource.Name));
        }

        return new IncrementalAlterConfigsResponse(altered);
    }
}
