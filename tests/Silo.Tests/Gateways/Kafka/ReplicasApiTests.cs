using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;

namespace OrleansStream.Silo.Tests.Gateways.Kafka;

public sealed class ReplicasApiTests : ClusterTests
{
    private const int ThisNode = 1;

    [Fact]
    public async Task No_election_is_needed()
    {
        await CreateTopicAsync("orders");

        var response = await Harness.AskAsync(new ElectLeadersRequest(0, [new("orders", [0, 1]), new("?", [0])], 0));

        Assert.Equal(
            [ErrorCode.ElectionNotNeeded, ErrorCode.UnknownTopicOrPartition, ErrorCode.UnknownTopicOrPartition],
            response.Topics.SelectMany(topic => topic.Partitions).Select(partition => partition.Error));
    }

    [Fact]
    public async Task An_election_of_all_changes_nothing_and_one_of_an_unknown_kind_is_refused()
    {
        await CreateTopicAsync("orders");

        var all = await Harness.AskAsync(new ElectLeadersRequest(1, Topics: null, 0));
        var unknown = await Harness.AskAsync(new ElectLeadersRequest(2, Topics: null, 0));

        Assert.Equal((ErrorCode.None, 0), (all.Error, all.Topics.Count));
        Assert.Equal(ErrorCode.InvalidRequest, unknown.Error);
    }

    [Theory]
    [InlineData(0, new[] { ThisNode }, ErrorCode.None)]
    [InlineData(0, new[] { 2 }, ErrorCode.InvalidReplicaAssignment)]
    [InlineData(0, new[] { ThisNode, 2 }, ErrorCode.InvalidReplicaAssignment)]
    [InlineData(0, new int[0], ErrorCode.InvalidReplicaAssignment)]
    [InlineData(0, null, ErrorCode.NoReassignmentInProgress)]
    [InlineData(1, new[] { ThisNode }, ErrorCode.UnknownTopicOrPartition)]
    public async Task A_partition_stays_where_it_is(int partition, int[]? nodes, ErrorCode expected)
    {
        await CreateTopicAsync("orders");

        var response = await Harness.AskAsync(new AlterPartitionReassignmentsRequest(
            0, AllowReplicationFactorChange: false, [new("orders", [new(partition, nodes)])]));

        Assert.Equal((ErrorCode.None, false), (response.Error, response.AllowReplicationFactorChange));
        Assert.Equal((partition, expected), (Only(response).Index, Only(response).Error));
        Assert.Equal(expected != ErrorCode.None, Only(response).ErrorMessage is not null);
    }

    [Fact]
    public async Task Nothing_is_on_the_move()
    {
        var response = await Harness.AskAsync(new ListPartitionReassignmentsRequest(0, Topics: null));

        Assert.Equal((ErrorCode.None, 0), (response.Error, response.Topics.Count));
    }

    private static PartitionOutcome Only(AlterPartitionReassignmentsResponse response)
        => Assert.Single(Assert.Single(response.Topics).Partitions);
}
