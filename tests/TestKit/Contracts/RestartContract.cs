using OrleansStream.Contracts;
using Xunit;

namespace OrleansStream.TestKit.Contracts;

/// <summary>What is still so after the host was closed and opened again.</summary>
public abstract class RestartContract<TFixture> : ClusterContract<TFixture>
    where TFixture : ClusterFixture, new()
{
    [Theory]
    [InlineData(Acks.Leader)]
    [InlineData(Acks.All)]
    public async Task Records_survive(Acks acks)
    {
        var sent = Enumerable.Range(1, 50).Select(SampleBatch.OfLength).ToArray();
        var partition = await CreatePartitionAsync();
        foreach (var batch in sent)
        {
            await AppendAsync(partition, batch, acks);
        }

        await RestartAsync();

        partition = await FindPartitionAsync("topic");
        for (var offset = 0; offset < sent.Length; offset++)
        {
            AssertStored(sent[offset], offset, Split(await ReadAsync(partition, offset, maxBytes: 1)).Single());
        }

        Assert.Equal(sent.Length, await AppendAsync(partition, SampleBatch.Of(1)));
    }

    [Fact]
    public async Task Old_and_new_records_are_read_together()
    {
        var partition = await CreatePartitionAsync();
        await AppendAsync(partition, SampleBatch.Of(1, 2));
        await RestartAsync();
        partition = await FindPartitionAsync("topic");
        await AppendAsync(partition, SampleBatch.Of(3));
        await RestartAsync();
        partition = await FindPartitionAsync("topic");
        await AppendAsync(partition, SampleBatch.Of(4));

        Assert.Equal([0, 2, 3], await ReadOffsetsAsync(partition));
    }

    [Fact]
    public async Task Topics_survive_with_their_configs_and_partitions()
    {
        await CreateTopicAsync("orders", 2, ("max.message.bytes", "2000"));
        await Topics.AddPartitionsAsync("orders", 3, validateOnly: false, None);
        await Topics.AlterConfigsAsync("orders", [new("segment.bytes", "1048576")], validateOnly: false, None);
        var before = (await Topics.FindAsync("orders", None))!;

        await RestartAsync();

        var after = (await Topics.FindAsync("orders", None))!;
        Assert.Equal((before.Id, 3), (after.Id, after.PartitionCount));
        Assert.Equal(before.Configs.OrderBy(config => config.Key), after.Configs.OrderBy(config => config.Key));
    }

    [Fact]
    public async Task A_deleted_topic_stays_deleted()
    {
        var partition = await CreatePartitionAsync();
        await AppendAsync(partition, SampleBatch.Of(1));
        var id = (await Topics.FindAsync("topic", None))!.Id;
        await Topics.DeleteAsync("topic", None);

        await RestartAsync();

        Assert.Empty(await Topics.ListAsync(None));
        Assert.Equal(
            StreamError.UnknownTopicOrPartition, (await Cluster.GetPartition(new(id, 0)).GetStatusAsync(None)).Error);
    }

    [Fact]
    public async Task Deleted_records_stay_deleted()
    {
        var partition = await CreatePartitionAsync();
        await AppendAsync(partition, SampleBatch.Of(1, 2, 3, 4));
        await partition.DeleteRecordsAsync(3, None);

        await RestartAsync();

        var status = await (await FindPartitionAsync("topic")).GetStatusAsync(None);
        Assert.Equal((3, 4), (status.LogStartOffset, status.HighWatermark));
    }

    [Fact]
    public async Task The_epoch_grows_and_the_old_one_tells_where_it_ended()
    {
        var partition = await CreatePartitionAsync();
        await AppendAsync(partition, SampleBatch.Of(1, 2));
        var before = (await partition.GetStatusAsync(None)).LeaderEpoch;

        await RestartAsync();

        partition = await FindPartitionAsync("topic");
        await AppendAsync(partition, SampleBatch.Of(3));
        Assert.True((await partition.GetStatusAsync(None)).LeaderEpoch > before);
        Assert.Equal(new(StreamError.None, before, 2), await partition.FindEpochEndAsync(new(before), None));
    }

    [Fact]
    public async Task Retries_are_still_known()
    {
        var partition = await CreatePartitionAsync();
        await AppendAsync(partition, SampleBatch.Of(1, 2));
        await AppendAsync(partition, SampleBatch.Sequenced(producerId: 7, sequence: 0));

        await RestartAsync();

        partition = await FindPartitionAsync("topic");
        Assert.Equal(2, await AppendAsync(partition, SampleBatch.Sequenced(7, sequence: 0)));
        Assert.Equal(3, await AppendAsync(partition, SampleBatch.Sequenced(7, sequence: 1)));
    }

    [Fact]
    public async Task Producer_ids_are_not_given_twice()
    {
        var before = await Cluster.ProducerIds.AllocateAsync(None);

        await RestartAsync();

        Assert.True(await Cluster.ProducerIds.AllocateAsync(None) > before);
    }

    [Fact]
    public async Task The_cluster_keeps_its_id()
    {
        var before = (await Cluster.DescribeAsync(None)).ClusterId;

        await RestartAsync();

        Assert.Equal(before, (await Cluster.DescribeAsync(None)).ClusterId);
    }
}
