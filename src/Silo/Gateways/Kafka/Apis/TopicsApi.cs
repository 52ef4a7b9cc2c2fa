using OrleansStream.Contracts;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;
using OrleansStream.Silo.Gateways.Security;

namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>Creates, deletes and enlarges topics.</summary>
/// <remarks>
/// The timeouts of these requests are not used: a change is answered once it is durable, and one that takes longer
/// than the client waits is not undone.
/// </remarks>
internal sealed class TopicsApi(ICluster cluster, AccessControl control, AuditLog audit)
{
    private const short ReplicationFactor = 1;

    private static readonly Refusal s_internal = new(InternalTopics.Refusal, InternalTopics.Message);

    public async ValueTask<CreateTopicsResponse> CreateAsync(CreateTopicsRequest request, KafkaCall call)
    {
        var repeated = Repeated(request.Topics.Select(topic => topic.Name));
        var nodes = await ListNodeIdsAsync(call.Closed);
        var access = await control.OfAsync(call);
        var created = new List<CreatedTopic>(request.Topics.Count);
        foreach (var topic in request.Topics)
        {
            var refusal = !access.ToCluster() && !access.ToTopic(topic.Name) ? Refusal.NotAllowed
                : repeated.Contains(topic.Name) ? Refusal.Repeated
                : CheckNewTopic(topic, nodes);
            var result = refusal is { } reason
                ? new CreatedTopic(topic.Name, default, reason.Error, reason.Message)
                : await CreateAsync(topic, request.ValidateOnly, call.Closed);
            Audit(call, "create topic", topic.Name, result.Error, request.ValidateOnly);
            created.Add(result);
        }

        return new CreateTopicsResponse(created);
    }

    public async ValueTask<DeleteTopicsResponse> DeleteAsync(DeleteTopicsRequest request, KafkaCall call)
    {
        var access = await control.OfAsync(call);
        var deleted = new List<DeletedTopic>(request.Topics.Count);
        foreach (var topic in request.Topics)
        {
            var result = await DeleteAsync(topic, access, call.Closed);
            Audit(call, "delete topic", result.Name ?? result.Id.ToString(), result.Error, validateOnly: false);
            deleted.Add(result);
        }

        return new DeleteTopicsResponse(deleted);
    }

    public async ValueTask<CreatePartitionsResponse> AddPartitionsAsync(CreatePartitionsRequest request, KafkaCall call)
    {
        var repeated = Repeated(request.Topics.Select(topic => topic.Name));
        var nodes = await ListNodeIdsAsync(call.Closed);
        var access = await control.OfAsync(call);
        var grown = new List<GrownTopic>(request.Topics.Count);
        foreach (var topic in request.Topics)
        {
            var refusal = !access.ToTopic(topic.Name) ? Refusal.NotAllowed
                : repeated.Contains(topic.Name) ? Refusal.Repeated
                : await CheckGrowthAsync(topic, nodes, call.Closed);
            var result = refusal is { } reason
                ? new GrownTopic(topic.Name, reason.Error, reason.Message)
                : await AddPartitionsAsync(topic, request.ValidateOnly, call.Closed);
            Audit(call, "create partitions", topic.Name, result.Error, request.ValidateOnly);
            grown.Add(result);
        }

        return new CreatePartitionsResponse(grown);
    }

    private void Audit(in KafkaCall call, string action, string topic, ErrorCode result, bool validateOnly)
    {
        if (!validateOnly)
        {
            audit.Record(call, action, topic, result);
        }
    }

    private async ValueTask<GrownTopic> AddPartitionsAsync(
        GrowingTopic topic, bool validateOnly, CancellationToken closed)
    {
        var reply = await cluster.Topics.AddPartitionsAsync(topic.Name, topic.PartitionCount, validateOnly, closed);
        return new GrownTopic(topic.Name, reply.Error.ToControllerErrorCode(), reply.Message);
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
            : new CreatedTopic(topic.Name, default, reply.Error.ToControllerErrorCode(), reply.Message);
    }

    private async ValueTask<DeletedTopic> DeleteAsync(DeletableTopic topic, Access access, CancellationToken closed)
    {
        if ((topic.Name is null) == (topic.Id == default))
        {
            return new DeletedTopic(
                topic.Name, topic.Id, ErrorCode.InvalidRequest, "Either the name or the id must say which topic.");
        }

        if (topic.Name is not null && !access.ToTopic(topic.Name))
        {
            return new DeletedTopic(topic.Name, default, ErrorCode.TopicAuthorizationFailed, ErrorMessage: null);
        }

        var known = topic.Name is null
            ? await cluster.Topics.FindByIdAsync(topic.Id, closed)
            : await cluster.Topics.FindAsync(topic.Name, closed);
        if (known is null)
        {
            var error = topic.Name is null ? ErrorCode.UnknownTopicId : ErrorCode.UnknownTopicOrPartition;
            return new DeletedTopic(topic.Name, topic.Id, error, "There is no such topic.");
        }

        if (!access.ToTopic(known.Name))
        {
            // The id was asked for, which does not mean that the name is known.
            return new DeletedTopic(null, known.Id, ErrorCode.TopicAuthorizationFailed, ErrorMessage: null);
        }

        if (known.IsInternal)
        {
            return new DeletedTopic(known.Name, known.Id, s_internal.Error, s_internal.Message);
        }

        var reply = await cluster.Topics.DeleteAsync(known.Name, closed);
        return new DeletedTopic(known.Name, known.Id, reply.Error.ToControllerErrorCode(), reply.Message);
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

    private readonly record struct Refusal(ErrorCode Error, string? Message)
    {
        public static Refusal? NotAllowed { get; } = new Refusal(ErrorCode.TopicAuthorizationFailed, null);

        public static Refusal? Repeated { get; } = new Refusal(
            ErrorCode.InvalidRequest, "The topic occurs more than once in the request.");
    }
}
