using OrleansStream.Contracts;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;

namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>Creates, deletes and enlarges topics.</summary>
/// <remarks>
/// The timeouts of these requests are not used: a change is answered once it is durable, and one that takes longer
/// than the client waits is not undone.
/// </remarks>
internal sealed class TopicsApi(ICluster cluster)
{
    private const short ReplicationFactor = 1;

    private static readonly Refusal s_internal = new(InternalTopics.Refusal, InternalTopics.Message);

    public async ValueTask<CreateTopicsResponse> CreateAsync(CreateTopicsRequest request, KafkaCall call)
    {
        var repeated = Repeated(request.Topics.Select(topic => topic.Name));
        var nodes = await ListNodeIdsAsync(call.Closed);
        var created = new List<CreatedTopic>(request.Topics.Count);
        foreach (var topic in request.Topics)
        {
            var refusal = repeated.Contains(topic.Name)
                ? new Refusal(ErrorCode.InvalidRequest, "The topic occurs more than once in the request.")
                : CheckNewTopic(topic, nodes);
            created.Add(refusal is { } reason
                ? new CreatedTopic(topic.Name, default, reason.Error, reason.Message)
                : await CreateAsync(topic, request.ValidateOnly, call.Closed));
        }

        return new CreateTopicsResponse(created);
    }

    public async ValueTask<DeleteTopicsResponse> DeleteAsync(DeleteTopicsRequest request, KafkaCall call)
    {
        var deleted = new List<DeletedTopic>(request.Topics.Count);
        foreach (var topic in request.Topics)
        {
            deleted.Add(await DeleteAsync(topic, call.Closed));
        }

        return new DeleteTopicsResponse(deleted);
    }

    public async ValueTask<CreatePartitionsResponse> AddPartitionsAsync(CreatePartitionsRequest request, KafkaCall call)
    {
        var repeated = Repeated(request.Topics.Select(topic => topic.Name));
        var nodes = await ListNodeIdsAsync(call.Closed);
        var grown = new List<GrownTopic>(request.Topics.Count);
        foreach (var topic in request.Topics)
        {
            var refusal = repeated.Contains(topic.Name)
                ? new Refusal(ErrorCode.InvalidRequest, "The topic occurs more than once in the request.")
                : await CheckGrowthAsync(topic, nodes, call.Closed);
            if (refusal is { } reason)
            {
                grown.Add(new GrownTopic(topic.Name, reason.Error, reason.Message));
                continue;
            }

            var reply = await cluster.Topics.AddPartitionsAsync(
                topic.Name, topic.PartitionCount, request.ValidateOnly, call.Closed);
            grown.Add(new GrownTopic(topic.Name, reply.Error.ToErrorCode(), reply.Message));
        }

        return new CreatePartitionsResponse(grown);
    }

    private async ValueTask<CreatedTopic> CreateAsync(CreatableTopic topic, bool validateOnly, CancellationToken closed)
    {
        var configs = new Dictionary<string, string>();
        foreach (var config in topic.Configs)
        {
            configs[config.Name] = config.Value!;
        }

        var partitionCount = topic.Assignments.Count > 0 ? topic.Assignments.Count : topic.PartitionCount;
        var reply = await cluster.Topics.CreateAsync(
            new CreateTopicRequest(topic.Name, partitionCount, configs, validateOnly), closed);
        return reply.Topic is { } created
            ? new CreatedTopic(
                created.Name,
                validateOnly ? default : created.Id,
                ErrorCode.None,
                ErrorMessage: null,
                created.PartitionCount,
                ReplicationFactor,
                [.. TopicConfigs.List(created).Select(config => new CreatedConfig(
                    config.Name, config.Value, config.IsReadOnly, config.Source, config.IsSensitive))])
            : new CreatedTopic(topic.Name, default, reply.Error.ToErrorCode(), reply.Message);
    }

    private async ValueTask<DeletedTopic> DeleteAsync(DeletableTopic topic, CancellationToken closed)
    {
        if ((topic.Name is null) == (topic.Id == default))
        {
            return new DeletedTopic(
                topic.Name, topic.Id, ErrorCode.InvalidRequest, "Either the name or the id must say which topic.");
        }

        var known = topic.Name is null
            ? await cluster.Topics.FindByIdAsync(topic.Id, closed)
            : await cluster.Topics.FindAsync(topic.Name, closed);
        if (known is null)
        {
            var error = topic.Name is null ? ErrorCode.UnknownTopicId : ErrorCode.UnknownTopicOrPartition;
            return new DeletedTopic(topic.Name, topic.Id, error, "There is no such topic.");
        }

        if (known.IsInternal)
        {
            return new DeletedTopic(known.Name, known.Id, s_internal.Error, s_internal.Message);
        }

        var reply = await cluster.Topics.DeleteAsync(known.Name, closed);
        return new DeletedTopic(known.Name, known.Id, reply.Error.ToErrorCode(), reply.Message);
    }

    private static Refusal? CheckNewTopic(CreatableTopic topic, IReadOnlySet<int> nodes)
    {
        if (InternalTopics.Includes(topic.Name))
        {
            return s_internal;
        }

        if (topic.Configs.FirstOrDefault(config => config.Value is null) is { Name: { } nameOfNull })
        {
            return new Refusal(ErrorCode.InvalidConfig, $"The configuration '{nameOfNull}' has no value.");
        }

        if (topic.Assignments.Count == 0)
        {
            return topic.ReplicationFactor is -1 or ReplicationFactor
                ? null
                : new Refusal(
                    ErrorCode.InvalidReplicationFactor,
                    $"The replication factor is {topic.ReplicationFactor} but must be 1 or -1: durability comes from "
                    + "the storage, not from replicas.");
        }

        if (topic.PartitionCount != -1 || topic.ReplicationFactor != -1)
        {
            return new Refusal(
                ErrorCode.InvalidRequest, "With assignments, partition count and replication factor must be -1.");
        }

        var partitions = topic.Assignments.Select(assignment => assignment.Partition).Order();
        return partitions.SequenceEqual(Enumerable.Range(0, topic.Assignments.Count))
            ? CheckAssignments(topic.Assignments.Select(assignment => assignment.NodeIds), nodes)
            : new Refusal(
                ErrorCode.InvalidReplicaAssignment, "The partitions assigned must be numbered from 0 without gaps.");
    }

    private async ValueTask<Refusal?> CheckGrowthAsync(
        GrowingTopic topic, IReadOnlySet<int> nodes, CancellationToken closed)
    {
        if (InternalTopics.Includes(topic.Name))
        {
            return s_internal;
        }

        if (topic.Assignments is null || await cluster.Topics.FindAsync(topic.Name, closed) is not { } known)
        {
            return null;
        }

        return topic.Assignments.Count == topic.PartitionCount - known.PartitionCount
            ? CheckAssignments(topic.Assignments.Select(assignment => assignment.NodeIds), nodes)
            : new Refusal(
                ErrorCode.InvalidReplicaAssignment,
                $"{topic.Assignments.Count} assignments were given to go from {known.PartitionCount} to "
                + $"{topic.PartitionCount} partitions.");
    }

    // Where a partition is hosted is decided by the cluster, so an assignment is checked and then has no effect.
    private static Refusal? CheckAssignments(IEnumerable<IReadOnlyList<int>> assignments, IReadOnlySet<int> nodes)
        => assignments.All(nodeIds => nodeIds is [var node] && nodes.Contains(node))
            ? null
            : new Refusal(ErrorCode.InvalidReplicaAssignment, "Each partition must be assigned to one existing node.");

    private async ValueTask<IReadOnlySet<int>> ListNodeIdsAsync(CancellationToken closed)
    {
        var description = await cluster.DescribeAsync(closed);
        return description.Nodes.Select(node => node.Id).ToHashSet();
    }

    private static HashSet<string> Repeated(IEnumerable<string> names)
        => [.. names.GroupBy(name => name).Where(group => group.Count() > 1).Select(group => group.Key)];

    private readonly record struct Refusal(ErrorCode Error, string Message);
}
