using OrleansStream.Contracts;
using OrleansStream.TestKit.Contracts;

namespace OrleansStream.Grains.Tests;

/// <summary>What is so only where there are several silos, and grains that come and go.</summary>
public sealed class SilosTests : ClusterContract<OrleansFixture>
{
    // From both silos, so that one of the two calls crosses.
    [Theory]
    [InlineData(1)]
    [InlineData(255)]
    [InlineData(65_536)]
    [InlineData(4_000_000)]
    public async Task Bytes_cross_silos_unharmed(int valueBytes)
    {
        var id = await CreateIdAsync();
        var batch = SampleBatch.OfLength(valueBytes);

        for (var i = 0; i < 2; i++)
        {
            var partition = OrleansFixture.ClusterIn(Fixture.Silos.Silos[i]).GetPartition(id);
            var appended = await partition.AppendAsync(new(batch, Acks.All, LongWait), None);
            var fetched = await partition.FetchAsync(new(i, int.MaxValue, 1, TimeSpan.Zero), None);

            Assert.Equal((StreamError.None, i), (appended.Error, appended.BaseOffset));
            Assert.Equal(batch[16..], fetched.Records.ToArray().AsMemory(16)); // Behind what the log writes.
        }
    }

    [Fact]
    public async Task Partitions_are_spread_over_the_silos()
    {
        var topic = await CreateTopicAsync("topic", 20);
        await Cluster.LocateAsync(topic.Id, None);

        var silos = Enumerable.Range(0, 20).Select(partition => Fixture.FindSilo(new(topic.Id, partition)).SiloAddress);

        Assert.Equal(2, silos.Distinct().Count());
    }

    [Fact]
    public async Task Appends_from_the_silo_of_the_partition_keep_their_order()
    {
        var id = await CreateIdAsync();
        await Cluster.GetPartition(id).GetStatusAsync(None);
        var partition = OrleansFixture.ClusterIn(Fixture.FindSilo(id)).GetPartition(id);
        await AppendAsync(partition);

        var appends = Enumerable.Range(0, 200).Select(_ => AppendAsync(partition)).ToArray();

        Assert.Equal(Enumerable.Range(1, 200).Select(offset => (long)offset), await Task.WhenAll(appends));
    }

    [Fact]
    public async Task A_partition_that_was_deactivated_goes_on_where_it_was()
    {
        var id = await CreateIdAsync();
        var partition = Cluster.GetPartition(id);
        await AppendAsync(partition);
        var before = await partition.GetStatusAsync(None);

        await Fixture.Silos.DeactivateAsync(Fixture.IdOf(id));
        var offset = await AppendAnywhereAsync(partition);
        var after = await partition.GetStatusAsync(None);

        Assert.Equal(1, offset);
        Assert.True(after.LeaderEpoch > before.LeaderEpoch);
        Assert.Equal((0, 2), (after.LogStartOffset, after.HighWatermark));
    }

    [Fact]
    public async Task A_waiting_reader_is_answered_when_the_partition_moves()
    {
        var id = await CreateIdAsync();
        var partition = Cluster.GetPartition(id);
        await AppendAsync(partition);
        var waiting = partition.FetchAsync(new(1, 1_000, 1, LongWait), None).AsTask();

        await partition.GetStatusAsync(None); // So that the reader has begun to wait, or will find the grain gone.
        await Fixture.Silos.DeactivateAsync(Fixture.IdOf(id));
        await AppendAnywhereAsync(partition);

        var reply = await waiting;
        Assert.Contains(reply.Error, new[] { StreamError.None, StreamError.NotHosted });
    }

    [Fact]
    public async Task The_partitions_of_a_silo_that_stops_go_on_in_the_other()
    {
        var topic = await CreateTopicAsync("topic", 20);
        var partitions = Enumerable.Range(0, 20)
            .Select(partition => Cluster.GetPartition(new(topic.Id, partition)))
            .ToArray();
        await Task.WhenAll(partitions.Select(AppendAsync));

        await Fixture.Silos.StopSiloAsync(Fixture.Silos.Silos[1]);

        Assert.All(await Task.WhenAll(partitions.Select(AppendAnywhereAsync)), offset => Assert.Equal(1, offset));
    }

    [Fact]
    public async Task The_grains_of_a_deleted_topic_go_away()
    {
        var id = await CreateIdAsync();
        await AppendAsync(Cluster.GetPartition(id));
        var gone = Fixture.Silos.WaitForDeactivationAsync(Fixture.IdOf(id));

        await Cluster.Topics.DeleteAsync("topic", None);

        await gone.WaitAsync(LongWait);
    }

    [Fact]
    public async Task All_partitions_can_be_started_before_the_first_call()
    {
        var topic = await CreateTopicAsync("topic", 20);
        var first = new PartitionId(topic.Id, 0);
        Assert.Throws<InvalidOperationException>(() => Fixture.FindSilo(first));

        await new PartitionStarter(Fixture.Silos.Client).StartAsync(Fixture.Store.Current!, None);

        Assert.All(Enumerable.Range(0, 20), partition => Fixture.FindSilo(first with { Partition = partition }));
    }

    [Fact]
    public async Task Any_number_of_partitions_that_do_not_exist_can_be_asked_for()
    {
        var id = await CreateIdAsync();
        await AppendAsync(Cluster.GetPartition(id));

        for (var partition = 0; partition < 100_000; partition++)
        {
            Cluster.GetPartition(new(Guid.Empty, partition));
        }

        Assert.Equal(1, await AppendAsync(Cluster.GetPartition(id)));
    }

    private async Task<PartitionId> CreateIdAsync()
        => new((await CreateTopicAsync("topic", 1, ("max.message.bytes", "5000000"))).Id, 0);

    private static Task<long> AppendAsync(IPartition partition) => AppendAsync(partition, SampleBatch.Of(1_000));

    // A client sends again what a moving partition refused; nothing was stored then.
    private static async Task<long> AppendAnywhereAsync(IPartition partition)
    {
        AppendReply reply;
        do
        {
            reply = await partition.AppendAsync(new(SampleBatch.Of(1_000), Acks.All, LongWait), None);
        }
        while (reply.Error == StreamError.NotHosted);

        Assert.Equal(StreamError.None, reply.Error);
        return reply.BaseOffset;
    }
}
