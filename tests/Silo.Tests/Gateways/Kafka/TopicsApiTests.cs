using OrleansStream.Contracts;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;

namespace OrleansStream.Silo.Tests.Gateways.Kafka;

public sealed class TopicsApiTests : ClusterTests
{
    [Fact]
    public async Task A_topic_created_is_described_in_the_answer()
    {
        var response = await CreateAsync(Topic("orders", 3) with { Configs = [new("retention.ms", "1000")] });

        var created = Assert.Single(response.Topics);
        var found = await Cluster.Topics.FindAsync("orders", CancellationToken.None);
        Assert.Equal((ErrorCode.None, found!.Id), (created.Error, created.Id));
        Assert.Equal((3, 1), (created.PartitionCount, created.ReplicationFactor));
        Assert.Contains(
            new CreatedConfig("retention.ms", "1000", IsReadOnly: false, ConfigSource.DynamicTopic, IsSensitive: false),
            created.Configs!);
        Assert.Equal(TopicConfig.Definitions.Count, created.Configs!.Count);
    }

    [Fact]
    public async Task Minus_one_leaves_the_choice_to_the_cluster()
    {
        var response = await CreateAsync(Topic("orders", -1) with { ReplicationFactor = -1 });

        Assert.Equal((ErrorCode.None, 2), (response.Topics[0].Error, response.Topics[0].PartitionCount));
    }

    [Fact]
    public async Task Validation_changes_nothing()
    {
        var response = await Harness.AskAsync(
            new CreateTopicsRequest([Topic("orders"), Topic("bad name")], TimeoutMs: 1_000, ValidateOnly: true));

        Assert.Equal([ErrorCode.None, ErrorCode.InvalidTopicException], response.Topics.Select(topic => topic.Error));
        Assert.Null(await Cluster.Topics.FindAsync("orders", CancellationToken.None));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(-2)]
    public async Task There_is_one_replica_of_everything(short replicationFactor)
    {
        var response = await CreateAsync(Topic("orders") with { ReplicationFactor = replicationFactor });

        Assert.Equal(ErrorCode.InvalidReplicationFactor, response.Topics[0].Error);
        Assert.Contains($"is {replicationFactor} but", response.Topics[0].ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_topic_named_twice_in_a_request_is_refused_and_the_others_are_created()
    {
        var response = await CreateAsync(Topic("twice"), Topic("once"), Topic("twice"));

        Assert.Equal(
            [ErrorCode.InvalidRequest, ErrorCode.None, ErrorCode.InvalidRequest],
            response.Topics.Select(topic => topic.Error));
    }

    [Fact]
    public async Task What_the_catalog_refuses_is_refused_with_its_reason()
    {
        await CreateTopicAsync("orders");

        var response = await CreateAsync(
            Topic("orders"), Topic("none", 0), Topic("config") with { Configs = [new("segment.bytes", "few")] });

        Assert.Equal(
            [ErrorCode.TopicAlreadyExists, ErrorCode.InvalidPartitions, ErrorCode.InvalidConfig],
            response.Topics.Select(topic => topic.Error));
        Assert.All(response.Topics, topic => Assert.NotEmpty(topic.ErrorMessage!));
    }

    [Fact]
    public async Task A_configuration_without_a_value_is_refused()
    {
        var response = await CreateAsync(Topic("orders") with { Configs = [new("retention.ms", null)] });

        Assert.Equal(ErrorCode.InvalidConfig, response.Topics[0].Error);
    }

    [Fact]
    public async Task Assignments_to_the_one_node_there_is_say_how_many_partitions_there_are()
    {
        var response = await CreateAsync(Assigned(new(1, [1]), new(0, [1]), new(2, [1])));

        Assert.Equal((ErrorCode.None, 3), (response.Topics[0].Error, response.Topics[0].PartitionCount));
    }

    [Fact]
    public async Task Assignments_that_cannot_be_are_refused()
    {
        var response = await Task.WhenAll(
            CreateAsync(Assigned(new(0, [1]), new(2, [1]))),
            CreateAsync(Assigned(new ReplicaAssignment(0, [9]))),
            CreateAsync(Assigned(new ReplicaAssignment(0, [1, 1]))),
            CreateAsync(Assigned(new ReplicaAssignment(0, []))));

        Assert.All(response, one => Assert.Equal(ErrorCode.InvalidReplicaAssignment, one.Topics[0].Error));
    }

    [Fact]
    public async Task Assignments_go_with_neither_a_count_nor_a_factor()
    {
        var assigned = Assigned(new ReplicaAssignment(0, [1]));

        var response = await CreateAsync(
            assigned with { Name = "a", PartitionCount = 1 }, assigned with { ReplicationFactor = 1 });

        Assert.All(response.Topics, topic => Assert.Equal(ErrorCode.InvalidRequest, topic.Error));
    }

    [Theory]
    [InlineData(5)]
    [InlineData(6)]
    public async Task A_topic_is_deleted_by_name(int version)
    {
        await CreateTopicAsync("orders");

        var response = await DeleteAsync(version, new DeletableTopic("orders"), new DeletableTopic("unknown"));

        Assert.Equal(
            [("orders", ErrorCode.None), ("unknown", ErrorCode.UnknownTopicOrPartition)],
            response.Topics.Select(topic => (topic.Name, topic.Error)));
        Assert.Null(await Cluster.Topics.FindAsync("orders", CancellationToken.None));
    }

    [Fact]
    public async Task A_topic_is_deleted_by_id()
    {
        var id = await CreateTopicAsync("orders");
        var unknown = Guid.NewGuid();

        var response = await DeleteAsync(6, new DeletableTopic(null, id), new DeletableTopic(null, unknown));

        Assert.Equal(
            [("orders", id, ErrorCode.None), (null, unknown, ErrorCode.UnknownTopicId)],
            response.Topics.Select(topic => (topic.Name, topic.Id, topic.Error)));
        Assert.Null(await Cluster.Topics.FindAsync("orders", CancellationToken.None));
    }

    [Fact]
    public async Task Either_the_name_or_the_id_says_what_to_delete()
    {
        var id = await CreateTopicAsync("orders");

        var response = await DeleteAsync(6, new DeletableTopic("orders", id), new DeletableTopic(null));

        Assert.All(response.Topics, topic => Assert.Equal(ErrorCode.InvalidRequest, topic.Error));
        Assert.NotNull(await Cluster.Topics.FindAsync("orders", CancellationToken.None));
    }

    [Fact]
    public async Task A_topic_grows_and_never_shrinks()
    {
        await CreateTopicAsync("grows", partitionCount: 2);
        await CreateTopicAsync("shrinks", partitionCount: 2);

        var response = await GrowAsync(
            new GrowingTopic("grows", 5, null),
            new GrowingTopic("shrinks", 1, null),
            new GrowingTopic("unknown", 5, null));

        Assert.Equal(
            [ErrorCode.None, ErrorCode.InvalidPartitions, ErrorCode.UnknownTopicOrPartition],
            response.Topics.Select(topic => topic.Error));
        Assert.Equal(5, (await Cluster.Topics.FindAsync("grows", CancellationToken.None))!.PartitionCount);
    }

    [Fact]
    public async Task Assignments_of_new_partitions_are_checked()
    {
        await CreateTopicAsync("orders", partitionCount: 1);

        var tooFew = await GrowAsync(new GrowingTopic("orders", 3, [new([1])]));
        var elsewhere = await GrowAsync(new GrowingTopic("orders", 2, [new([9])]));
        var right = await GrowAsync(new GrowingTopic("orders", 2, [new([1])]));

        Assert.Equal(ErrorCode.InvalidReplicaAssignment, tooFew.Topics[0].Error);
        Assert.Equal(ErrorCode.InvalidReplicaAssignment, elsewhere.Topics[0].Error);
        Assert.Equal(ErrorCode.None, right.Topics[0].Error);
    }

    [Fact]
    public async Task A_topic_that_is_to_grow_twice_in_a_request_does_not()
    {
        await CreateTopicAsync("orders");

        var response = await GrowAsync(new GrowingTopic("orders", 2, null), new GrowingTopic("orders", 3, null));

        Assert.All(response.Topics, topic => Assert.Equal(ErrorCode.InvalidRequest, topic.Error));
    }

    private static CreatableTopic Topic(string name, int partitionCount = 1) => new(name, partitionCount, 1, [], []);

    private static CreatableTopic Assigned(params ReplicaAssignment[] assignments)
        => new("assigned", PartitionCount: -1, ReplicationFactor: -1, assignments, []);

    private Task<CreateTopicsResponse> CreateAsync(params CreatableTopic[] topics)
        => Harness.AskAsync(new CreateTopicsRequest(topics, TimeoutMs: 1_000, ValidateOnly: false));

    private Task<DeleteTopicsResponse> DeleteAsync(int version, params DeletableTopic[] topics)
        => Harness.AskAsync(new DeleteTopicsRequest(topics, TimeoutMs: 1_000), version);

    private Task<CreatePartitionsResponse> GrowAsync(params GrowingTopic[] topics)
        => Harness.AskAsync(new CreatePartitionsRequest(topics, TimeoutMs: 1_000, ValidateOnly: false));
}
