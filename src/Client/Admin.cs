using OrleansStream.Client.Connections;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;

namespace OrleansStream.Client;

/// <summary>Looks after topics, and the records in them. <see cref="Groups"/> looks after groups.</summary>
/// <remarks>
/// Every call is repeated for <see cref="StreamClientOptions.CallTimeout"/> while the cluster cannot be reached. A
/// change whose first answer was lost may then be refused, because it is made already. Thread-safe.
/// </remarks>
public sealed class Admin : IAsyncDisposable
{
    private readonly ClientLink _link;

    internal Admin(ClientLink link)
    {
        _link = link;
        Groups = new GroupAdmin(link);
        Nodes = new NodeAdmin(link);
    }

    /// <summary>Looks after groups.</summary>
    public GroupAdmin Groups { get; }

    /// <summary>Asks single servers about themselves.</summary>
    public NodeAdmin Nodes { get; }

    private int TimeoutMs => (int)_link.Options.RequestTimeout.TotalMilliseconds;

    /// <summary>Who belongs to the cluster.</summary>
    public async Task<ClusterInfo> DescribeClusterAsync(CancellationToken cancellationToken = default)
    {
        var response = await AskAsync([], cancellationToken).ConfigureAwait(false);
        return new ClusterInfo(
            response.ClusterId,
            response.ControllerId,
            [.. response.Nodes.Select(node => new NodeInfo(node.Id, node.Host, node.Port))]);
    }

    /// <summary>All topics, by name.</summary>
    public async Task<IReadOnlyList<TopicInfo>> ListTopicsAsync(CancellationToken cancellationToken = default)
    {
        var response = await AskAsync(null, cancellationToken).ConfigureAwait(false);
        return [.. response.Topics
            .Where(topic => topic.Error == ErrorCode.None)
            .Select(ToInfo)
            .OrderBy(topic => topic.Name, StringComparer.Ordinal)];
    }

    /// <exception cref="StreamException">There is no such topic.</exception>
    public async Task<TopicInfo> DescribeTopicAsync(string topic, CancellationToken cancellationToken = default)
    {
        var response = await AskAsync([topic], cancellationToken).ConfigureAwait(false);
        StreamException.ThrowIf(response.Topics[0].Error, $"Topic {topic}");
        return ToInfo(response.Topics[0]);
    }

    /// <param name="partitionCount">-1 for the cluster's default.</param>
    /// <param name="configs">By Kafka's names; null for the defaults.</param>
    /// <param name="replicationFactor">-1 for the cluster's default.</param>
    public async Task CreateTopicAsync(
        string topic,
        int partitionCount = -1,
        IReadOnlyDictionary<string, string>? configs = null,
        short replicationFactor = -1,
        CancellationToken cancellationToken = default)
    {
        var creating = new CreatableTopic(
            topic,
            partitionCount,
            replicationFactor,
            Assignments: [],
            [.. (configs ?? new Dictionary<string, string>())
                .Select(config => new CreatableConfig(config.Key, config.Value))]);
        await ChangeAsync(
            new CreateTopicsRequest([creating], TimeoutMs, ValidateOnly: false),
            response => (response.Topics[0].Error, response.Topics[0].ErrorMessage),
            $"Creating {topic}",
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Deletes a topic and all its records.</summary>
    public Task DeleteTopicAsync(string topic, CancellationToken cancellationToken = default) => ChangeAsync(
        new DeleteTopicsRequest([new DeletableTopic(topic)], TimeoutMs),
        response => (response.Topics[0].Error, response.Topics[0].ErrorMessage),
        $"Deleting {topic}",
        cancellationToken);

    /// <summary>Raises the number of partitions. Keys then belong to other partitions than before.</summary>
    /// <param name="partitionCount">The new total.</param>
    public Task AddPartitionsAsync(string topic, int partitionCount, CancellationToken cancellationToken = default)
        => ChangeAsync(
            new CreatePartitionsRequest(
                [new GrowingTopic(topic, partitionCount, Assignments: null)], TimeoutMs, ValidateOnly: false),
            response => (response.Topics[0].Error, response.Topics[0].ErrorMessage),
            $"Adding partitions to {topic}",
            cancellationToken);

    /// <summary>The configuration of a topic, defaults included.</summary>
    public async Task<IReadOnlyList<ConfigEntry>> DescribeConfigsAsync(
        string topic, CancellationToken cancellationToken = default)
    {
        var request = new DescribeConfigsRequest(
            [new DescribeConfigsResource(ConfigResourceType.Topic, topic, ConfigNames: null)],
            IncludeDocumentation: true);
        var response = await _link.RetryAsync(
            async () => await _link.CallAsync(IBrokers.AnyNode, Lane.Control, request, cancellationToken)
                .ConfigureAwait(false),
            cancellationToken).ConfigureAwait(false);
        var described = response.Resources[0];
        StreamException.ThrowIf(described.Error, $"Configuration of {topic}", described.ErrorMessage);
        return [.. described.Configs.Select(config => ConfigEntry.Of(
            config, config.Source != ConfigSource.DynamicTopic))];
    }

    /// <summary>Changes a topic's configuration: all the changes, or none.</summary>
    /// <param name="changes">New values by name; null goes back to the default.</param>
    public Task AlterConfigsAsync(
        string topic, IReadOnlyDictionary<string, string?> changes, CancellationToken cancellationToken = default)
    {
        var configs = changes.Select(change => new AlterableConfig(
            change.Key, change.Value is null ? ConfigOperation.Delete : ConfigOperation.Set, change.Value));
        return ChangeAsync(
            new IncrementalAlterConfigsRequest(
                [new AlterableResource(ConfigResourceType.Topic, topic, [.. configs])], ValidateOnly: false),
            response => (response.Resources[0].Error, response.Resources[0].ErrorMessage),
            $"Configuring {topic}",
            cancellationToken);
    }

    /// <summary>Where partitions begin, end, or were at some time.</summary>
    public async Task<IReadOnlyDictionary<TopicPartition, long>> FindOffsetsAsync(
        IEnumerable<TopicPartition> partitions, OffsetPoint point, CancellationToken cancellationToken = default)
    {
        var wanted = partitions.ToDictionary(partition => partition, _ => point.Time);
        return await _link.RetryAsync(
            () => OffsetLookup.FindAsync(_link, wanted, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Deletes the records before the given offsets; an offset of -1 deletes all there are.</summary>
    public async Task DeleteRecordsAsync(
        IEnumerable<TopicPartitionOffset> offsets, CancellationToken cancellationToken = default)
    {
        foreach (var offset in offsets)
        {
            await _link.RetryAsync(
                () => DeleteRecordsOnceAsync(offset, cancellationToken), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Closes the connections.</summary>
    public ValueTask DisposeAsync() => _link.DisposeAsync();

    private Task<MetadataResponse> AskAsync(
        IReadOnlyCollection<string>? topics, CancellationToken cancellationToken)
        => _link.RetryAsync(
            () => _link.Topics.AskAsync(topics, mayCreate: false, cancellationToken), cancellationToken);

    private async Task<bool> DeleteRecordsOnceAsync(TopicPartitionOffset before, CancellationToken cancellationToken)
    {
        var (name, partition) = before.Partition;
        var topic = await _link.Topics.GetAsync(name, cancellationToken).ConfigureAwait(false);
        var request = new DeleteRecordsRequest([new(name, [new(partition, before.Offset)])], TimeoutMs);
        var response = await _link.CallAsync(
            topic.LeaderOf(partition), Lane.Control, request, cancellationToken).ConfigureAwait(false);
        if (response.Topics[0].Partitions[0].Error is var error && error.MeansMoved())
        {
            _link.Topics.Forget(name);
        }

        StreamException.ThrowIf(error, $"Deleting records of {before.Partition}");
        return true;
    }

    private async Task ChangeAsync<TRequest, TResponse>(
        IKafkaRequest<TRequest, TResponse> request,
        Func<TResponse, (ErrorCode Error, string? Message)> outcomeOf,
        string what,
        CancellationToken cancellationToken)
        where TRequest : class, IKafkaRequest<TRequest, TResponse>
        where TResponse : class, IKafkaStruct<TResponse>
        => await _link.RetryAsync(
            async () =>
            {
                // Some clusters change topics only at their controller.
                var cluster = await _link.Topics.AskAsync([], false, cancellationToken).ConfigureAwait(false);
                var response = await _link.CallAsync(cluster.ControllerId, Lane.Control, request, cancellationToken)
                    .ConfigureAwait(false);
                var (error, message) = outcomeOf(response);
                StreamException.ThrowIf(error, what, message);
                return true;
            },
            cancellationToken).ConfigureAwait(false);

    private static TopicInfo ToInfo(MetadataTopic topic) => new(
        topic.Name!,
        topic.Id,
        topic.IsInternal,
        [.. topic.Partitions.OrderBy(partition => partition.Index).Select(partition => new PartitionInfo(
            partition.Index,
            partition.LeaderId,
            partition.LeaderEpoch,
            partition.Replicas,
            partition.InSyncReplicas))]);
}
