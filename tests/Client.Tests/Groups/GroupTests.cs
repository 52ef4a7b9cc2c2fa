using System.Collections.Concurrent;
using OrleansStream.Contracts;

namespace OrleansStream.Client.Tests.Groups;

public sealed class GroupOverTcpTests(RunningSilo silo) : GroupTests<RunningSilo>(silo);

public sealed class GroupInProcessTests(OpenedCluster cluster) : GroupTests<OpenedCluster>(cluster);

public abstract class GroupTests<TFixture>(TFixture fixture) : IClassFixture<TFixture>
    where TFixture : class, IClientFixture
{
    private const int PartitionCount = 6;

    [Fact]
    public async Task What_was_read_is_committed_and_the_next_member_goes_on_after_it()
    {
        var topic = await fixture.Client.FillAsync("commit", PartitionCount, 600);
        await using (var first = Join("commit", topic))
        {
            var read = await first.TakeAsync(250);
            Assert.Equal(250, read.DistinctBy(record => record.Number()).Count());
            await first.CommitAsync();
            await using var admin = fixture.Client.CreateAdmin();
            Assert.Equal(350, (await admin.Groups.GetLagAsync("commit")).Sum(entry => entry.Lag)
                + (PartitionCount - (await admin.Groups.GetOffsetsAsync("commit")).Count) * 100);
            Assert.Equal(GroupState.Stable, (await admin.Groups.DescribeAsync("commit")).State);
        }

        await using var second = Join("commit", topic);
        Assert.Equal(350, (await second.TakeAsync(350)).DistinctBy(record => record.Number()).Count());
    }

    [Fact]
    public async Task Records_committed_while_in_hand_stay_committed_when_the_member_leaves()
    {
        var topic = await fixture.Client.FillAsync("in-hand", 1, 100);
        await using (var member = Join("in-hand", topic))
        {
            var batch = await member.ReadBatchAsync();
            foreach (var _ in batch)
            {
            }

            await member.CommitAsync();
        }

        await using var admin = fixture.Client.CreateAdmin();
        Assert.Equal(100, (await admin.Groups.GetOffsetsAsync("in-hand"))[new(topic, 0)]);
    }

    [Theory]
    [InlineData(PartitionAssignor.CooperativeSticky)]
    [InlineData(PartitionAssignor.Range)]
    [InlineData(PartitionAssignor.RoundRobin)]
    public async Task Members_that_come_and_go_read_each_record_once(PartitionAssignor assignor)
    {
        var topic = await fixture.Client.FillAsync($"share-{assignor}", PartitionCount, 3_000);
        var read = new ConcurrentQueue<int>();
        using var stop = new CancellationTokenSource(TestTopics.Patience);
        var group = $"share-{assignor}";

        await using var first = new Member(Join(group, topic, assignor), read, stop.Token);
        await first.HasAssignedAsync(PartitionCount);
        var second = new Member(Join(group, topic, assignor), read, stop.Token);
        await second.HasAssignedAsync(PartitionCount / 2);
        await fixture.Client.ProduceAsync(topic, PartitionCount, 3_000, 3_000);
        await second.DisposeAsync();
        await first.HasAssignedAsync(PartitionCount);
        await fixture.Client.ProduceAsync(topic, PartitionCount, 6_000, 3_000);
        await first.HasReadAsync(9_000);

        Assert.Equal(Enumerable.Range(0, 9_000), read.Order());
    }

    [Fact]
    public async Task Offsets_of_an_empty_group_can_be_set_listed_and_deleted()
    {
        var topic = await fixture.Client.FillAsync("reset", 1, 10);
        var partition = new TopicPartition(topic, 0);
        await using var admin = fixture.Client.CreateAdmin();
        await admin.Groups.SetOffsetsAsync("reset", [new(partition, 7)]);

        Assert.Equal(new GroupLag(partition, 7, 10), Assert.Single(await admin.Groups.GetLagAsync("reset")));
        Assert.Contains(await admin.Groups.ListAsync(), group => group.GroupId == "reset");
        await using (var consumer = Join("reset", topic))
        {
            Assert.Equal(7, (await consumer.TakeAsync(1))[0].Number());
        }

        await admin.Groups.DeleteAsync("reset");
        Assert.Empty(await admin.Groups.GetOffsetsAsync("reset"));
    }

    private Consumer Join(
        string group, string topic, PartitionAssignor assignor = PartitionAssignor.CooperativeSticky)
    {
        var consumer = fixture.Client.CreateConsumer(new()
        {
            GroupId = group,
            Assignor = assignor,
            StartPosition = StartPosition.Earliest,
            HeartbeatInterval = TimeSpan.FromMilliseconds(50),
        });
        consumer.Subscribe(topic);
        return consumer;
    }
}
