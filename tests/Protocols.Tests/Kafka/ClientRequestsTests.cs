using OrleansStream.Protocols.Batches;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;

namespace OrleansStream.Protocols.Tests.Kafka;

/// <summary>Requests as librdkafka 2.0.2 sends them, recorded on their way, without the length prefix.</summary>
public sealed class ClientRequestsTests
{
    [Fact]
    public void ApiVersions()
    {
        var (header, request) = Read<ApiVersionsRequest>(
            "0012000300000001000561646d696e0017636f6e666c75656e742d6b61666b612d707974686f6e14312e372e302d7264"
            + "6b61666b612d322e302e3200");

        Assert.Equal(new RequestHeader(ApiKey.ApiVersions, 3, 1, "admin"), header);
        Assert.Equal(new ApiVersionsRequest("confluent-kafka-python", "1.7.0-rdkafka-2.0.2"), request);
    }

    [Fact]
    public void Metadata()
    {
        var (header, request) = Read<MetadataRequest>(
            "0003000400000002000561646d696e0000000000");

        Assert.Equal(new RequestHeader(ApiKey.Metadata, 4, 2, "admin"), header);
        Assert.Equal((0, false), (request.Topics!.Count, request.AllowAutoTopicCreation));
    }

    [Fact]
    public void FindCoordinator()
    {
        var (_, request) = Read<FindCoordinatorRequest>(
            "000a000200000003000672656164657200016700");

        Assert.Equal((FindCoordinatorRequest.Group, "g"), (request.KeyType, request.Keys.Single()));
    }

    [Fact]
    public void Produce()
    {
        var (header, request) = Read<ProduceRequest>(
            "00000007000000040006777269746572ffffffff000075300000000100066f7264657273000000010000000100000050"
            + "0000000000000000000000440000000002f7cd241a000000000000000001a1fcd13ce1000001a1fcd13ce10000000000"
            + "0000000000000000000000000124000000066b65790a76616c75650202680231");

        Assert.Equal(new RequestHeader(ApiKey.Produce, 7, 4, "writer"), header);
        Assert.Equal((null, -1, 30_000), (request.TransactionalId, request.Acks, request.TimeoutMs));
        var topic = request.Topics.Single();
        var partition = topic.Partitions.Single();
        Assert.Equal(("orders", 1), (topic.Name, partition.Index));
        Assert.True(BatchHeader.TryRead(partition.Records.Span, out var batch));
        Assert.Equal((partition.Records.Length, 1, 0), (batch.TotalBytes, batch.RecordCount, batch.BaseSequence));
    }

    [Fact]
    public void Fetch()
    {
        var (_, request) = Read<FetchRequest>(
            "0001000b000000040006726561646572ffffffff000001f400000001032000000100000000ffffffff0000000100066f"
            + "72646572730000000100000001ffffffff0000000000000000ffffffffffffffff00100000000000000000");

        Assert.Equal((-1, 500, 1), (request.ReplicaId, request.MaxWaitMs, request.MinBytes));
        Assert.Equal(52_428_800, request.MaxBytes);
        Assert.Equal((1, 0, -1, ""), (request.IsolationLevel, request.SessionId, request.SessionEpoch, request.RackId));
        Assert.Empty(request.ForgottenTopics);
        Assert.Equal("orders", request.Topics.Single().Name);
        Assert.Equal(new FetchPartition(1, -1, 0, -1, -1, 1_048_576), request.Topics.Single().Partitions.Single());
    }

    [Fact]
    public void ListOffsets()
    {
        var (_, request) = Read<ListOffsetsRequest>(
            "00020002000000070006726561646572ffffffff010000000100066f72646572730000000100000001ffffffffffffff"
            + "fe");

        Assert.Equal((-1, 1, "orders"), (request.ReplicaId, request.IsolationLevel, request.Topics.Single().Name));
        var partition = request.Topics.Single().Partitions.Single();
        Assert.Equal(new ListOffsetsPartition(1, -1, ListOffsetsPartition.Earliest), partition);
    }

    [Fact]
    public void InitProducerId()
    {
        var (_, request) = Read<InitProducerIdRequest>(
            "001600040000000300067772697465720000ffffffffffffffffffffffffffff00");

        Assert.Equal(new InitProducerIdRequest(null, TransactionTimeoutMs: -1), request);
    }

    [Fact]
    public void CreateTopics()
    {
        var (_, request) = Read<CreateTopicsRequest>(
            "0013000400000003000561646d696e0000000100066f72646572730000000200010000000000000001000c726574656e"
            + "74696f6e2e6d73000838363430303030300000ea6000");

        Assert.Equal((60_000, false), (request.TimeoutMs, request.ValidateOnly));
        var topic = request.Topics.Single();
        Assert.Equal(("orders", 2, 1), (topic.Name, topic.PartitionCount, topic.ReplicationFactor));
        Assert.Empty(topic.Assignments);
        Assert.Equal([new CreatableConfig("retention.ms", "86400000")], topic.Configs);
    }

    [Fact]
    public void DeleteTopics()
    {
        var (_, request) = Read<DeleteTopicsRequest>(
            "0014000100000006000561646d696e0000000100066f72646572730000ea60");

        Assert.Equal(60_000, request.TimeoutMs);
        Assert.Equal([new DeletableTopic("orders")], request.Topics);
    }

    [Fact]
    public void DescribeConfigs()
    {
        var (_, request) = Read<DescribeConfigsRequest>(
            "0020000100000005000561646d696e000000010200066f7264657273ffffffff01");

        Assert.True(request.IncludeSynonyms);
        Assert.Equal([new DescribeConfigsResource(ConfigResourceType.Topic, "orders", null)], request.Resources);
    }

    [Fact]
    public void CreatePartitions()
    {
        var (_, request) = Read<CreatePartitionsRequest>(
            "0025000000000004000561646d696e0000000100066f726465727300000003ffffffff0000ea6000");

        Assert.Equal((60_000, false), (request.TimeoutMs, request.ValidateOnly));
        Assert.Equal([new GrowingTopic("orders", 3, null)], request.Topics);
    }

    private static (RequestHeader Header, T Request) Read<T>(string hexadecimal)
        where T : IKafkaStruct<T>
    {
        var reader = new KafkaReader(Convert.FromHexString(hexadecimal));
        var header = RequestHeader.Read(ref reader);
        var request = reader.ReadStruct<T>(header.ApiVersion);
        Assert.Equal(0, reader.RemainingBytes);
        return (header, request);
    }
}
