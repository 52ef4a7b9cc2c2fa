using OrleansStream.Contracts;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;

namespace OrleansStream.Silo.Tests.Gateways.Kafka;

public sealed class InternalTopicsTests : ClusterTests
{
    private const string Topic = TopicDescription.GroupsTopic;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Nobody_creates_one(bool itExists)
    {
        await (itExists ? CreateAsync() : Task.CompletedTask);

        var response = await Harness.AskAsync(new CreateTopicsRequest([new(Topic, 1, 1, [], [])], 1_000, false));

        Assert.Equal(ErrorCode.InvalidTopicException, response.Topics[0].Error);
    }

    [Fact]
    public async Task Asking_for_one_does_not_create_it()
    {
        var topic = Assert.Single((await Harness.AskAsync(new MetadataRequest([new(Topic)]))).Topics);

        Assert.Equal(ErrorCode.UnknownTopicOrPartition, topic.Error);
        Assert.Null(await Cluster.Topics.FindAsync(Topic, CancellationToken.None));
    }

    [Fact]
    public async Task It_is_shown_as_internal()
    {
        await CreateAsync();
        await CreateTopicAsync("orders");

        var topics = (await Harness.AskAsync(new MetadataRequest(Topics: null))).Topics;

        Assert.Equal([(Topic, true), ("orders", false)], topics.Select(topic => (topic.Name, topic.IsInternal)));
    }

    [Fact]
    public async Task Nobody_changes_or_deletes_it()
    {
        var id = await CreateAsync();
        var config = new AlterableConfig("segment.bytes", ConfigOperation.Set, "2048");

        var altered = await Harness.AskAsync(new IncrementalAlterConfigsRequest(
            [new(ConfigResourceType.Topic, Topic, [config])], ValidateOnly: false));
        var replaced = await Harness.AskAsync(new AlterConfigsRequest(
            [new(ConfigResourceType.Topic, Topic, [])], ValidateOnly: false));
        var grown = await Harness.AskAsync(new CreatePartitionsRequest([new(Topic, 9, null)], 1_000, false));
        var byName = await Harness.AskAsync(new DeleteTopicsRequest([new(Topic)], 1_000));
        var byId = await Harness.AskAsync(new DeleteTopicsRequest([new(null, id)], 1_000));

        ErrorCode[] errors =
        [
            altered.Resources[0].Error, replaced.Resources[0].Error, grown.Topics[0].Error, byName.Topics[0].Error,
            byId.Topics[0].Error,
        ];
        Assert.All(errors, error => Assert.Equal(ErrorCode.InvalidTopicException, error));
        var topic = await Cluster.Topics.FindAsync(Topic, CancellationToken.None);
        Assert.Equal((id, 1, 0), (topic!.Id, topic.PartitionCount, topic.Configs.Count));
    }

    [Fact]
    public async Task Nobody_writes_or_deletes_its_records()
    {
        await CreateAsync();

        var produced = await Harness.AskAsync(
            new ProduceRequest(null, Acks: -1, 1_000, [new(Topic, [new ProducePartition(0, Batch(1))])]));
        var deleted = await Harness.AskAsync(
            new DeleteRecordsRequest([new(Topic, [new DeleteRecordsPartition(0, -1)])], 1_000));

        Assert.Equal(ErrorCode.InvalidTopicException, produced.Topics[0].Partitions[0].Error);
        Assert.Equal(ErrorCode.InvalidTopicException, deleted.Topics[0].Partitions[0].Error);
    }

    private async Task<Guid> CreateAsync()
    {
        var request = new CreateTopicRequest(Topic, 1, new Dictionary<string, string>());
        return (await Cluster.Topics.CreateAsync(request, CancellationToken.None)).Topic!.Id;
    }
}
