using OrleansStream.Contracts;
using Xunit;

namespace OrleansStream.TestKit.Contracts;

/// <summary>Groups: members share the partitions of topics, and the group remembers how far it has read.</summary>
public abstract class GroupContract<TFixture> : ClusterContract<TFixture>
    where TFixture : ClusterFixture, new()
{
    private static readonly Guid Topic = new("6b9b1a52-9d0c-4a61-8f0b-3f2f3a1c0d11");

    private IGroupCoordinator Groups => Cluster.Groups;

    [Fact]
    public async Task A_member_alone_leads_its_group_and_is_assigned_all_the_work()
    {
        var member = new GroupClient(Groups, "group");

        await member.EnterAsync();

        Assert.True(member.IsLeader);
        Assert.Equal(StreamError.None, await member.HeartbeatAsync());
        var group = await Groups.DescribeAsync("group", None);
        Assert.Equal((StreamError.None, GroupState.Stable), (group.Error, group.State));
        Assert.Equal(("consumer", "range"), (group.ProtocolType, group.Protocol));
        var described = Assert.Single(group.Members);
        Assert.Equal(
            (member.MemberId, "client", "host"), (described.MemberId, described.ClientId, described.ClientHost));
        Assert.Equal((byte[])[1, 2, 3], described.Metadata);
        Assert.Equal(GroupClient.WorkOf(member.MemberId), described.Assignment);
    }

    [Fact]
    public async Task A_second_member_makes_the_first_join_again_and_both_get_their_part()
    {
        var first = new GroupClient(Groups, "group");
        var second = new GroupClient(Groups, "group");
        await first.EnterAsync();

        var entering = second.EnterAsync();
        await UntilAsync(first, StreamError.RebalanceInProgress);
        await first.EnterAsync();
        await entering.WaitAsync(LongWait);

        Assert.Equal((2, 2), (first.Generation, second.Generation));
        Assert.Equal(2, first.Members.Count + second.Members.Count);
        Assert.NotEqual(first.MemberId, second.MemberId);
    }

    [Fact]
    public async Task The_last_member_leaves_an_empty_group_which_can_be_deleted()
    {
        var member = new GroupClient(Groups, "group");
        await member.EnterAsync();
        await member.CommitAsync(Offset(0, 5));
        Assert.Equal(StreamError.NonEmptyGroup, await Groups.DeleteAsync("group", None));

        Assert.Equal(StreamError.None, await member.LeaveAsync());

        Assert.Equal(GroupState.Empty, (await Groups.DescribeAsync("group", None)).State);
        Assert.Equal(StreamError.UnknownMember, await member.HeartbeatAsync());
        Assert.Equal(StreamError.None, await Groups.DeleteAsync("group", None));
        Assert.Equal(GroupState.Dead, (await Groups.DescribeAsync("group", None)).State);
        Assert.Empty((await Groups.FetchOffsetsAsync(new("group", null), None)).Offsets);
    }

    [Fact]
    public async Task Offsets_are_read_as_they_were_committed()
    {
        var member = new GroupClient(Groups, "group");
        await member.EnterAsync();

        var reply = await member.CommitAsync(Offset(0, 5), Offset(1, 7, "note"), Offset(2, 1, new string('x', 5_000)));

        Assert.Equal(StreamError.None, reply.Error);
        Assert.Equal([StreamError.None, StreamError.None, StreamError.OffsetMetadataTooLarge], reply.Offsets);
        var all = await Groups.FetchOffsetsAsync(new("group", null), None);
        Assert.Equal([Offset(0, 5), Offset(1, 7, "note")], all.Offsets.OrderBy(offset => offset.Partition));
        var some = await Groups.FetchOffsetsAsync(new("group", [new(Topic, 1), new(Topic, 9)]), None);
        Assert.Equal([Offset(1, 7, "note")], some.Offsets);
    }

    [Fact]
    public async Task Only_members_of_the_generation_commit_to_a_group_that_has_members()
    {
        var outsider = new GroupClient(Groups, "group");
        Assert.Equal(StreamError.None, (await outsider.CommitAsync(Offset(0, 1))).Error);
        var member = new GroupClient(Groups, "group");
        await member.EnterAsync();
        var old = member.Identity;
        await member.JoinAsync();
        await member.SyncAsync();

        Assert.Equal(StreamError.UnknownMember, (await outsider.CommitAsync(Offset(0, 2))).Error);
        Assert.Equal(
            StreamError.IllegalGeneration,
            (await Groups.CommitOffsetsAsync(new(old, null, [Offset(0, 3)]), None)).Error);
        Assert.Equal([Offset(0, 1)], (await Groups.FetchOffsetsAsync(new("group", null), None)).Offsets);
    }

    [Fact]
    public async Task Groups_of_all_partitions_are_listed()
    {
        var names = Enumerable.Range(0, 30).Select(number => $"group-{number:00}").ToArray();
        foreach (var name in names)
        {
            await new GroupClient(Groups, name).CommitAsync(Offset(0, 1));
        }

        var list = await Groups.ListAsync(None);

        Assert.Equal(StreamError.None, list.Error);
        Assert.Equal(names, list.Groups.Select(group => group.GroupId).Order());
    }

    [Fact]
    public async Task Asking_about_groups_creates_nothing()
    {
        var nobody = new GroupClient(Groups, "group");

        Assert.Equal(StreamError.UnknownMember, await nobody.HeartbeatAsync());
        Assert.Equal(StreamError.UnknownMember, await nobody.LeaveAsync());
        Assert.Equal(StreamError.UnknownMember, (await nobody.SyncAsync()).Error);
        Assert.Equal(StreamError.GroupIdNotFound, await Groups.DeleteAsync("group", None));
        Assert.Equal(
            StreamError.GroupIdNotFound, (await Groups.DeleteOffsetsAsync(new("group", [], []), None)).Error);
        Assert.Equal(GroupState.Dead, (await Groups.DescribeAsync("group", None)).State);
        Assert.Empty((await Groups.FetchOffsetsAsync(new("group", null), None)).Offsets);
        Assert.Empty((await Groups.ListAsync(None)).Groups);
        Assert.Empty(await Topics.ListAsync(None));
    }

    [Fact]
    public async Task After_a_restart_members_go_on_where_they_were()
    {
        var member = new GroupClient(Groups, "group");
        await member.EnterAsync();
        await member.CommitAsync(Offset(0, 5));

        await RestartAsync();

        Assert.Equal(StreamError.None, await Groups.HeartbeatAsync(member.Identity, None));
        Assert.Equal([Offset(0, 5)], (await Groups.FetchOffsetsAsync(new("group", null), None)).Offsets);
        var committed = await Groups.CommitOffsetsAsync(new(member.Identity, null, [Offset(0, 6)]), None);
        Assert.Equal(StreamError.None, committed.Error);
        var synced = await Groups.SyncAsync(new(member.Identity, null, null, []), None);
        Assert.Equal(GroupClient.WorkOf(member.MemberId), synced.Assignment);
    }

    [Fact]
    public async Task A_static_member_that_starts_again_keeps_its_work_without_a_rebalance()
    {
        var before = new GroupClient(Groups, "group", "instance");
        await before.EnterAsync();
        var after = new GroupClient(Groups, "group", "instance");

        var joined = await after.JoinAsync();

        Assert.True(joined.SkipAssignment);
        Assert.Equal(before.Generation, after.Generation);
        Assert.Equal(StreamError.FencedInstanceId, await before.HeartbeatAsync());
        var synced = await Groups.SyncAsync(new(after.Identity, "consumer", "range", []), None);
        Assert.Equal(GroupClient.WorkOf(before.MemberId), synced.Assignment);
    }

    [Fact]
    public async Task The_topic_of_groups_stays_as_it_is()
    {
        await new GroupClient(Groups, "group").CommitAsync(Offset(0, 1));
        var topic = Assert.Single(await Topics.ListAsync(None));

        Assert.Equal((TopicDescription.GroupsTopic, 8), (topic.Name, topic.PartitionCount));
        Assert.Equal(StreamError.InvalidRequest, (await Topics.DeleteAsync(topic.Name, None)).Error);
        Assert.Equal(
            StreamError.InvalidRequest,
            (await Topics.AddPartitionsAsync(topic.Name, 9, validateOnly: false, None)).Error);
    }

    private static CommittedOffset Offset(int partition, long offset, string metadata = "")
        => new(new(Topic, partition), offset, LeaderEpoch: 3, metadata);

    // A heartbeat is what tells a member; it is sent until it does.
    private static async Task UntilAsync(GroupClient member, StreamError expected)
    {
        while (await member.HeartbeatAsync() != expected)
        {
            await Task.Yield();
        }
    }
}
