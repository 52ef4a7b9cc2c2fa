using OrleansStream.Protocols.Kafka;

namespace OrleansStream.Client.Tests.Groups;

public sealed class MembershipTests(OpenedCluster cluster) : IClassFixture<OpenedCluster>
{
    // The commit of what was read has to wait for the leader's assignment, which never comes.
    [Fact]
    public async Task A_member_leaves_a_rebalance_that_does_not_end()
    {
        var topic = await cluster.Client.FillAsync("stalled", 1, 10);
        var leader = new ScriptedLeader(cluster.Cluster.Groups, "stalled", topic);
        await leader.JoinAsync();
        var client = StreamClient.Over(cluster.Cluster, new() { CallTimeout = TimeSpan.FromHours(1) });
        var member = Join(client, topic, new() { CloseTimeout = TimeSpan.FromMilliseconds(100) });
        await leader.LeadAsync(new TopicPartition(topic, 0));
        await member.TakeAsync(5);
        await leader.JoinAsync();

        await member.DisposeAsync().AsTask().WaitAsync(TestTopics.Patience);

        var group = await cluster.Cluster.Groups.DescribeAsync("stalled", default);
        Assert.DoesNotContain(group.Members, member => leader.Followers.Contains(member.MemberId));
    }

    [Fact]
    public async Task A_member_that_does_not_let_go_of_a_record_loses_its_partitions_until_it_does()
    {
        var topic = await cluster.Client.FillAsync("stuck", 1, 10);
        var lost = new TaskCompletionSource<IReadOnlyList<TopicPartition>>();
        await using var stuck = Join(cluster.Client, topic, new()
        {
            RebalanceTimeout = TimeSpan.FromMilliseconds(200),
            Lost = (partitions, _) => Task.FromResult(lost.TrySetResult(partitions)),
        });
        await using var reading = stuck.ReadAllAsync().GetAsyncEnumerator();
        Assert.True(await reading.MoveNextAsync());
        Assert.True(await reading.MoveNextAsync());

        Assert.Equal([new(topic, 0)], await lost.Task.WaitAsync(TestTopics.Patience));
        await Assert.ThrowsAsync<StreamException>(() => stuck.CommitAsync());
        await using (var other = Join(cluster.Client, topic, new()))
        {
            Assert.Equal(Enumerable.Range(0, 10), (await other.TakeAsync(10)).Select(record => record.Number()));
            await other.CommitAsync();
        }

        await cluster.Client.ProduceAsync(topic, 1, 10, 1);
        Assert.True(await reading.MoveNextAsync().AsTask().WaitAsync(TestTopics.Patience));
        Assert.Equal(10, reading.Current.Number());
    }

    [Fact]
    public async Task A_member_that_was_removed_is_told_that_its_partitions_are_lost_and_joins_again()
    {
        var topic = await cluster.Client.FillAsync("removed", 1, 10);
        var lost = new TaskCompletionSource<IReadOnlyList<TopicPartition>>();
        await using var member = Join(cluster.Client, topic, new()
        {
            CommitInterval = null,
            Lost = (partitions, _) => Task.FromResult(lost.TrySetResult(partitions)),
        });
        await member.TakeAsync(10);
        var group = await cluster.Cluster.Groups.DescribeAsync(topic, default);
        await cluster.Cluster.Groups.LeaveAsync(new(topic, [new(group.Members[0].MemberId, null)]), default);

        Assert.Equal([new(topic, 0)], await lost.Task.WaitAsync(TestTopics.Patience));
        Assert.Equal(Enumerable.Range(0, 10), (await member.TakeAsync(10)).Select(record => record.Number()));
    }

    [Fact]
    public async Task A_static_member_that_comes_back_has_its_partitions_without_a_rebalance()
    {
        var topic = await cluster.Client.FillAsync("static", 2, 20);
        await using var other = Join(cluster.Client, topic, new() { InstanceId = "other" });
        IReadOnlyList<TopicPartition> assignment;
        await using (var first = Join(cluster.Client, topic, new() { InstanceId = "same" }))
        {
            await first.TakeAsync(10);
            assignment = first.Assignment;
            await first.CommitAsync();
        }

        var before = await cluster.Cluster.Groups.DescribeAsync(topic, default);
        await using var second = Join(cluster.Client, topic, new() { InstanceId = "same" });
        await cluster.Client.ProduceAsync(topic, 2, 20, 2);
        await second.TakeAsync(1);

        Assert.Equal(assignment, second.Assignment);
        var after = await cluster.Cluster.Groups.DescribeAsync(topic, default);
        Assert.Equal(Other(before), Other(after));
        static string Other(Contracts.GroupDescription group)
            => Assert.Single(group.Members, member => member.InstanceId == "other").MemberId;
    }

    [Fact]
    public async Task Of_two_static_members_of_one_name_the_older_one_stops()
    {
        var topic = await cluster.Client.FillAsync("fenced", 1, 10);
        await using var older = Join(cluster.Client, topic, new() { InstanceId = "same" });
        await older.TakeAsync(10);

        await using var newer = Join(cluster.Client, topic, new() { InstanceId = "same" });

        var fenced = await Assert.ThrowsAsync<StreamException>(() => older.TakeAsync(1));
        Assert.Equal(ErrorCode.FencedInstanceId, fenced.Error);
    }

    private static Consumer Join(StreamClient client, string topic, ConsumerOptions options)
    {
        var consumer = client.CreateConsumer(new()
        {
            GroupId = topic,
            StartPosition = StartPosition.Earliest,
            HeartbeatInterval = TimeSpan.FromMilliseconds(50),
            InstanceId = options.InstanceId,
            CommitInterval = options.CommitInterval,
            RebalanceTimeout = options.RebalanceTimeout,
            CloseTimeout = options.CloseTimeout,
            Lost = options.Lost,
        });
        consumer.Subscribe(topic);
        return consumer;
    }
}
