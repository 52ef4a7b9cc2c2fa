using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;

namespace OrleansStream.Silo.Tests.Gateways.Kafka;

public sealed class TopicPartitionsApiTests : ClusterTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(100)]
    public async Task The_pages_together_have_every_partition_once(int limit)
    {
        await CreateTopicAsync("a", partitionCount: 3);
        await CreateTopicAsync("b", partitionCount: 1);
        await CreateTopicAsync("c", partitionCount: 2);
        var described = new List<string>();
        TopicPartitionCursor? cursor = null;
        do
        {
            var response = await Harness.AskAsync(new DescribeTopicPartitionsRequest([], limit, cursor));
            var page = response.Topics
                .SelectMany(topic => topic.Partitions.Select(partition => $"{topic.Name}{partition.Index}"))
                .ToArray();
            Assert.InRange(page.Length, 1, limit);
            described.AddRange(page);
            cursor = response.NextCursor;
        }
        while (cursor is not null);

        Assert.Equal(["a0", "a1", "a2", "b0", "c0", "c1"], described);
    }

    [Fact]
    public async Task Topics_that_are_asked_for_come_once_and_in_order()
    {
        var id = await CreateTopicAsync("orders");

        var response = await Harness.AskAsync(new DescribeTopicPartitionsRequest(
            [new("unknown"), new("orders"), new("orders")], 10, Cursor: null));

        Assert.Equal(
            [(ErrorCode.None, "orders", id), (ErrorCode.UnknownTopicOrPartition, "unknown", default)],
            response.Topics.Select(topic => (topic.Error, topic.Name, topic.Id)));
        var partition = Assert.Single(response.Topics[0].Partitions);
        Assert.Equal((ErrorCode.None, 0, 1), (partition.Error, partition.Index, partition.LeaderId));
        Assert.Equal([1], partition.Replicas);
    }
}
