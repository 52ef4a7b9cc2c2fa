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
        await leader.AssignAsync();
        var client = StreamClient.Over(cluster.Cluster, new() { CallTimeout = TimeSpan.FromHours(1) });
        var consumer = client.CreateConsumer(new()
        {
            GroupId = "stalled",
            StartPosition = StartPosition.Earliest,
            HeartbeatInterval = TimeSpan.FromMilliseconds(50),
            CloseTimeout = TimeSpan.FromMilliseconds(100),
        });
        consumer.Subscribe(topic);
        await leader.LeadAsync(new TopicPartition(topic, 0));
        await consumer.TakeAsync(5);
        await leader.JoinAsync();

        await consumer.DisposeAsync().AsTask().WaitAsync(TestTopics.Patience);

        var group = await cluster.Cluster.Groups.DescribeAsync("stalled", default);
        Assert.DoesNotContain(group.Members, member => leader.Followers.Contains(member.MemberId));
    }
}
