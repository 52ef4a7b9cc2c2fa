using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;
using OrleansStream.Silo.Gateways.Kafka;

namespace OrleansStream.Silo.Tests.Gateways.Kafka;

public sealed class MetadataApiTests : ClusterTests
{
    [Fact]
    public async Task The_node_is_where_the_client_reached_it()
    {
        var response = await Harness.AskAsync(new MetadataRequest([]));

        Assert.Equal([new MetadataNode(1, "10.1.2.3", 9_093)], response.Nodes);
        Assert.Equal(1, response.ControllerId);
        Assert.NotEmpty(response.ClusterId!);
    }

    [Fact]
    public async Task The_node_is_where_it_is_configured_to_be()
    {
        var options = new KafkaGatewayOptions { AdvertisedHost = "streams.example", AdvertisedPort = 443 };

        var response = await new RouterHarness(Cluster, gatewayOptions: options).AskAsync(new MetadataRequest([]));

        Assert.Equal([new MetadataNode(1, "streams.example", 443)], response.Nodes);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(12)]
    public async Task All_topics_or_none_can_be_asked_for(int version)
    {
        await CreateTopicAsync("a");
        await CreateTopicAsync("b");

        var all = await Harness.AskAsync(new MetadataRequest(Topics: null), version);
        var none = await Harness.AskAsync(new MetadataRequest(Topics: []), version);

        Assert.Equal(["a", "b"], all.Topics.Select(topic => topic.Name));
        Assert.Equal(version == 0 ? 2 : 0, none.Topics.Count); // Version 0 has no way to ask for none.
    }

    [Fact]
    public async Task Each_partition_has_its_leader_and_epoch()
    {
        var id = await CreateTopicAsync("orders", partitionCount: 2);

        var response = await Harness.AskAsync(new MetadataRequest([new("orders")]));

        var topic = Assert.Single(response.Topics);
        Assert.Equal((ErrorCode.None, "orders", id), (topic.Error, topic.Name, topic.Id));
        Assert.Equal([0, 1], topic.Partitions.Select(partition => partition.Index));
        Assert.All(topic.Partitions, partition =>
        {
            Assert.Equal((ErrorCode.None, 1), (partition.Error, partition.LeaderId));
            Assert.True(partition.LeaderEpoch >= 0);
            Assert.Equal([1], partition.Replicas);
            Assert.Equal([1], partition.InSyncReplicas);
            Assert.Empty(partition.OfflineReplicas);
        });
    }

    [Fact]
    public async Task A_topic_can_be_asked_for_by_id()
    {
        var id = await CreateTopicAsync("orders");
        var unknown = Guid.NewGuid();

        var response = await Harness.AskAsync(new MetadataRequest([new(null, id), new(null, unknown)]));

        Assert.Equal(
            [(ErrorCode.None, "orders", id), (ErrorCode.UnknownTopicId, null, unknown)],
            response.Topics.Select(topic => (topic.Error, topic.Name, topic.Id)));
    }

    [Fact]
    public async Task A_topic_is_created_by_asking_for_it()
    {
        var response = await Harness.AskAsync(new MetadataRequest([new("new")]));

        Assert.Equal((ErrorCode.None, 2), (response.Topics[0].Error, response.Topics[0].Partitions.Count));
        Assert.NotNull(await Cluster.Topics.FindAsync("new", CancellationToken.None));
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public async Task A_topic_is_not_created_when_the_client_or_the_options_say_so(bool option, bool request)
    {
        var harness = new RouterHarness(Cluster, new KafkaApiOptions { AutoCreateTopics = option });

        var response = await harness.AskAsync(new MetadataRequest([new("new"), new("bad name")], request));

        Assert.Equal(
            [ErrorCode.UnknownTopicOrPartition, ErrorCode.InvalidTopicException],
            response.Topics.Select(topic => topic.Error));
        Assert.Null(await Cluster.Topics.FindAsync("new", CancellationToken.None));
    }

    [Fact]
    public async Task An_impossible_name_creates_nothing()
    {
        var response = await Harness.AskAsync(new MetadataRequest([new("bad name")]));

        Assert.Equal(ErrorCode.InvalidTopicException, response.Topics[0].Error);
    }

    [Fact]
    public async Task What_a_client_may_do_is_told_when_it_asks()
    {
        await CreateTopicAsync("orders");
        var silent = await Harness.AskAsync(new MetadataRequest([new("orders")]), version: 10);
        var asked = await Harness.AskAsync(
            new MetadataRequest([new("orders")], true, true, IncludeTopicAuthorizedOperations: true), version: 10);

        Assert.Equal(MetadataTopic.OperationsNotAskedFor, silent.ClusterAuthorizedOperations);
        Assert.Equal(MetadataTopic.OperationsNotAskedFor, silent.Topics[0].AuthorizedOperations);
        Assert.Equal(0b1_1111_1010_0000, asked.ClusterAuthorizedOperations);
        Assert.Equal(0b1101_1111_1000, asked.Topics[0].AuthorizedOperations);
    }
}
