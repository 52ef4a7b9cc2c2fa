using OrleansStream.Contracts;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;
using OrleansStream.Silo.Gateways.Security;

namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>Answers who wants to move leaders and replicas, in a cluster that has one copy of each partition.</summary>
internal sealed class ReplicasApi(ICluster cluster, AccessControl control)
{
    private const sbyte LastElectionType = 1;

    public async ValueTask<ElectLeadersResponse> ElectAsync(ElectLeadersRequest request, KafkaCall call)
    {
        if (!(await control.OfAsync(call)).ToCluster())
        {
            return new ElectLeadersResponse(ErrorCode.ClusterAuthorizationFailed, []);
        }

        if (request.ElectionType is < 0 or > LastElectionType)
        {
            return new ElectLeadersResponse(ErrorCode.InvalidRequest, []);
        }

        // Who asks for all partitions is told of those that got another leader only.
        var topics = new List<PerTopic<PartitionOutcome>>();
        foreach (var (name, indexes) in request.Topics ?? [])
        {
            var nodes = await LocateAsync(name, call.Closed);
            topics.Add(new(name, [.. indexes.Select(index => nodes.ContainsKey(index)
                ? new PartitionOutcome(index, ErrorCode.ElectionNotNeeded, "The only replica leads.")
                : Unknown(index))]));
        }

        return new ElectLeadersResponse(ErrorCode.None, topics);
    }

    public async ValueTask<AlterPartitionReassignmentsResponse> ReassignAsync(
        AlterPartitionReassignmentsRequest request, KafkaCall call)
    {
        if (!(await control.OfAsync(call)).ToCluster())
        {
            return new AlterPartitionReassignmentsResponse(
                request.AllowReplicationFactorChange, ErrorCode.ClusterAuthorizationFailed, ErrorMessage: null, []);
        }

        var topics = new List<PerTopic<PartitionOutcome>>(request.Topics.Count);
        foreach (var (name, partitions) in request.Topics)
        {
            var nodes = await LocateAsync(name, call.Closed);
            topics.Add(new(name, [.. partitions.Select(partition => nodes.TryGetValue(partition.Index, out var node)
                ? Reassign(partition, node)
                : Unknown(partition.Index))]));
        }

        return new AlterPartitionReassignmentsResponse(
            request.AllowReplicationFactorChange, ErrorCode.None, ErrorMessage: null, topics);
    }

    /// <summary>Nothing ever moves.</summary>
    public async ValueTask<ListPartitionReassignmentsResponse> ListReassignmentsAsync(
        ListPartitionReassignmentsRequest request, KafkaCall call)
    {
        var isAllowed = (await control.OfAsync(call)).ToCluster();
        return new ListPartitionReassignmentsResponse(
            isAllowed ? ErrorCode.None : ErrorCode.ClusterAuthorizationFailed, ErrorMessage: null, []);
    }

    private static PartitionOutcome Reassign(in ReassignedPartition partition, int node) => partition.NodeIds switch
    {
        null => new(partition.Index, ErrorCode.NoReassignmentInProgress, "The partition is not on the move."),
        [var only] when only == node => new(partition.Index, ErrorCode.None, ErrorMessage: null),
        _ => new(
            partition.Index,
            ErrorCode.InvalidReplicaAssignment,
            $"The partition has one copy, on node {node}: durability comes from the storage, not from replicas."),
    };

    private static PartitionOutcome Unknown(int index)
        => new(index, ErrorCode.UnknownTopicOrPartition, "There is no such partition.");

    private async ValueTask<Dictionary<int, int>> LocateAsync(string topic, CancellationToken closed)
        => await cluster.Topics.FindAsync(topic, closed) is { } known
            ? (await cluster.LocateAsync(known.Id, closed)).ToDictionary(at => at.Partition, at => at.NodeId)
            : [];
}
