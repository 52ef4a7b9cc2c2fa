using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;

namespace OrleansStream.Silo.Tests.Gateways.Kafka;

public sealed class LogDirsApiTests : ClusterTests
{
    [Fact]
    public async Task Every_partition_has_its_size_in_the_one_directory()
    {
        await CreateTopicAsync("orders", partitionCount: 2);
        await CreateTopicAsync("other");
        await ProduceAsync("orders", 1, 2);

        var directory = await DescribeAsync(topics: null);

        Assert.Equal(ErrorCode.None, directory.Error);
        Assert.InRange(directory.UsableBytes, 0, directory.TotalBytes);
        Assert.Equal(["orders", "other"], directory.Topics.Select(topic => topic.Name));
        Assert.Equal(
            [new(0, Batch(1, 2).Length, OffsetLag: 0), new DescribedLog(1, 0, OffsetLag: 0)],
            directory.Topics[0].Partitions);
    }

    [Fact]
    public async Task Only_what_is_asked_for_and_exists_is_told()
    {
        await CreateTopicAsync("orders", partitionCount: 2);
        await CreateTopicAsync("other");

        var directory = await DescribeAsync([new("orders", [1, 2]), new("unknown", [0])]);

        Assert.Equal("orders", Assert.Single(directory.Topics).Name);
        Assert.Equal(1, Assert.Single(directory.Topics[0].Partitions).Index);
    }

    private async Task<DescribedLogDir> DescribeAsync(PartitionNumbers[]? topics)
        => Assert.Single((await Harness.AskAsync(new DescribeLogDirsRequest(topics))).LogDirs);
}
