using OrleansStream.Contracts;
using Xunit;

namespace OrleansStream.TestKit.Contracts;

/// <summary>Finding offsets, moving the log start, and saying where a partition stands and is hosted.</summary>
public abstract class OffsetContract<TFixture> : ClusterContract<TFixture>
    where TFixture : ClusterFixture, new()
{
    [Fact]
    public async Task An_empty_log_begins_and_ends_at_zero()
    {
        var partition = await CreatePartitionAsync();

        Assert.Equal(0, await FindAsync(partition, OffsetKind.Earliest));
        Assert.Equal(0, await FindAsync(partition, OffsetKind.Latest));
        Assert.Equal(-1, await FindAsync(partition, OffsetKind.MaxTimestamp));
        Assert.Equal(-1, await FindAsync(partition, OffsetKind.AtTimestamp, 0));
    }

    [Theory]
    [InlineData(0, 0, 1_000)]
    [InlineData(1_001, 1, 3_000)]
    [InlineData(3_000, 1, 3_000)]
    [InlineData(3_001, 4, 4_000)]
    [InlineData(4_001, -1, -1)]
    public async Task The_first_record_at_or_after_a_time_is_found(long time, long offset, long timestamp)
    {
        var partition = await CreateTimedAsync();

        var reply = await partition.FindOffsetAsync(new(OffsetKind.AtTimestamp, time), None);

        Assert.Equal((StreamError.None, offset, timestamp), (reply.Error, reply.Offset, reply.Timestamp));
    }

    [Fact]
    public async Task The_first_record_with_the_largest_time_is_found()
    {
        var reply = await (await CreateTimedAsync()).FindOffsetAsync(new(OffsetKind.MaxTimestamp), None);

        Assert.Equal((StreamError.None, 4, 4_000), (reply.Error, reply.Offset, reply.Timestamp));
    }

    [Fact]
    public async Task The_current_epoch_ends_at_the_high_watermark()
    {
        var partition = await CreateTimedAsync();
        var epoch = (await partition.GetStatusAsync(None)).LeaderEpoch;

        Assert.Equal(new(StreamError.None, epoch, 6), await partition.FindEpochEndAsync(new(epoch), None));
    }

    [Theory]
    [InlineData(2, 2)]
    [InlineData(-1, 6)]
    public async Task Deleted_records_cannot_be_read_any_more(long before, long start)
    {
        var partition = await CreateTimedAsync();

        var reply = await partition.DeleteRecordsAsync(before, None);

        Assert.Equal(new(StreamError.None, start), reply);
        Assert.Equal(start, await FindAsync(partition, OffsetKind.Earliest));
        Assert.Equal(
            StreamError.OffsetOutOfRange,
            (await partition.FetchAsync(new(start - 1, 1_000, 1, TimeSpan.Zero), None)).Error);
        Assert.Equal(6, await AppendAsync(partition, SampleBatch.Of(5_000)));
    }

    [Fact]
    public async Task Records_that_are_not_there_yet_cannot_be_deleted()
    {
        var partition = await CreateTimedAsync();

        Assert.Equal(StreamError.OffsetOutOfRange, (await partition.DeleteRecordsAsync(7, None)).Error);
        Assert.Equal(0, await FindAsync(partition, OffsetKind.Earliest));
    }

    [Fact]
    public async Task The_log_start_does_not_move_back()
    {
        var partition = await CreateTimedAsync();
        await partition.DeleteRecordsAsync(4, None);

        Assert.Equal(new(StreamError.None, 4), await partition.DeleteRecordsAsync(2, None));
    }

    [Fact]
    public async Task The_status_says_where_a_partition_stands()
    {
        var partition = await CreatePartitionAsync();
        var batch = SampleBatch.Of(1, 2, 3);
        await AppendAsync(partition, batch);

        var status = await partition.GetStatusAsync(None);

        Assert.Equal(new(StreamError.None, status.LeaderEpoch, 0, 3, 3, batch.Length), status);
    }

    [Fact]
    public async Task Every_partition_is_hosted_by_a_node_of_the_cluster()
    {
        var topic = await CreateTopicAsync("orders", 3);

        var cluster = await Cluster.DescribeAsync(None);
        var locations = await Cluster.LocateAsync(topic.Id, None);

        Assert.NotEmpty(cluster.ClusterId);
        Assert.Equal([0, 1, 2], locations.Select(location => location.Partition));
        Assert.All(locations, location => Assert.Contains(location.NodeId, cluster.Nodes.Select(node => node.Id)));
        Assert.Contains(cluster.ControllerId, cluster.Nodes.Select(node => node.Id));
        Assert.Empty(await Cluster.LocateAsync(Guid.NewGuid(), None));
    }

    // Offsets 0 to 5, in batches of one, three and two records.
    private async Task<IPartition> CreateTimedAsync()
    {
        var partition = await CreatePartitionAsync();
        await AppendAsync(partition, SampleBatch.Of(1_000));
        await AppendAsync(partition, SampleBatch.Of(3_000, 2_000, 2_500));
        await AppendAsync(partition, SampleBatch.Of(4_000, 4_000));
        return partition;
    }

    private static async Task<long> FindAsync(IPartition partition, OffsetKind kind, long timestamp = -1)
    {
        var reply = await partition.FindOffsetAsync(new(kind, timestamp), None);
        Assert.Equal(StreamError.None, reply.Error);
        return reply.Offset;
    }
}
