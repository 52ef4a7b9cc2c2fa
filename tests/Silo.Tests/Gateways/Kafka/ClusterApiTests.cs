using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;

namespace OrleansStream.Silo.Tests.Gateways.Kafka;

public sealed class ClusterApiTests : ClusterTests
{
    [Fact]
    public async Task The_cluster_is_its_nodes()
    {
        var response = await Harness.AskAsync(new DescribeClusterRequest());

        Assert.Equal((ErrorCode.None, 1), (response.Error, response.ControllerId));
        Assert.Equal([new DescribedNode(1, "10.1.2.3", 9_093)], response.Nodes);
        Assert.Equal(MetadataTopic.OperationsNotAskedFor, response.AuthorizedOperations);
    }

    [Theory]
    [InlineData(2, ErrorCode.MismatchedEndpointType)]
    [InlineData(3, ErrorCode.UnsupportedEndpointType)]
    public async Task There_are_no_other_endpoints(sbyte endpointType, ErrorCode expected)
    {
        var response = await Harness.AskAsync(new DescribeClusterRequest(EndpointType: endpointType));

        Assert.Equal(expected, response.Error);
        Assert.Empty(response.Nodes);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(6)]
    public async Task The_node_that_is_asked_coordinates_every_group(int version)
    {
        var response = await Harness.AskAsync(
            new FindCoordinatorRequest(FindCoordinatorRequest.Group, ["group"]), version);

        Assert.Equal([new Coordinator(version >= 4 ? "group" : "", 1, "10.1.2.3", 9_093)], response.Coordinators);
    }

    [Theory]
    [InlineData(FindCoordinatorRequest.Transaction, ErrorCode.TransactionalIdAuthorizationFailed)]
    [InlineData(7, ErrorCode.InvalidRequest)]
    public async Task Nobody_coordinates_anything_else(sbyte keyType, ErrorCode expected)
    {
        var response = await Harness.AskAsync(new FindCoordinatorRequest(keyType, ["a", "b"]));

        Assert.Equal([("a", expected), ("b", expected)], response.Coordinators.Select(one => (one.Key, one.Error)));
        Assert.All(response.Coordinators, one => Assert.NotEmpty(one.ErrorMessage!));
    }

    [Fact]
    public async Task Every_producer_gets_an_id_of_its_own()
    {
        var first = await Harness.AskAsync(new InitProducerIdRequest(null, TransactionTimeoutMs: 1_000));
        var second = await Harness.AskAsync(new InitProducerIdRequest(null, TransactionTimeoutMs: 1_000));

        Assert.Equal((ErrorCode.None, 0), (first.Error, first.ProducerEpoch));
        Assert.True(first.ProducerId >= 0);
        Assert.NotEqual(first.ProducerId, second.ProducerId);
    }

    [Theory]
    [InlineData("t", ErrorCode.TransactionalIdAuthorizationFailed)]
    [InlineData("", ErrorCode.InvalidRequest)]
    public async Task A_transactional_producer_gets_none(string transactionalId, ErrorCode expected)
    {
        var response = await Harness.AskAsync(new InitProducerIdRequest(transactionalId, TransactionTimeoutMs: 1_000));

        Assert.Equal(new InitProducerIdResponse(expected), response);
    }
}
