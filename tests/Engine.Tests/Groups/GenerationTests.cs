using OrleansStream.Contracts;

namespace OrleansStream.Engine.Tests.Groups;

public sealed class GenerationTests : GroupExample
{
    [Fact]
    public void Members_get_what_the_leader_assigned_and_those_left_out_nothing()
    {
        Form("a", "b");
        var (first, second) = (Join("a"), Join("b"));
        Joined("a", first);
        Joined("b", second);
        var waiting = Sync("b");

        var leader = Sync("a", "a");

        Assert.Equal((byte[])[(byte)'a'], leader.Reply!.Assignment);
        Assert.Empty(waiting.Reply!.Assignment);
        Assert.Equal(("consumer", "range"), (leader.Reply.ProtocolType, leader.Reply.Protocol));
    }

    [Fact]
    public void In_a_stable_group_an_assignment_can_be_asked_for_again()
    {
        Form("a", "b");

        Assert.Equal((byte[])[(byte)'b'], Sync("b").Reply!.Assignment);
    }

    [Fact]
    public void An_assignment_is_for_members_of_the_generation_and_its_protocol()
    {
        Form("a");
        var member = Member("a");

        Assert.Equal(StreamError.UnknownMember, Driver.Sync(member with { MemberId = "b" }, []).Reply!.Error);
        Assert.Equal(StreamError.IllegalGeneration, Driver.Sync(member with { Generation = 9 }, []).Reply!.Error);
        Assert.Equal(
            StreamError.InconsistentGroupProtocol, Driver.Sync(member, [], type: "connect").Reply!.Error);
        Assert.Equal(
            StreamError.InconsistentGroupProtocol, Driver.Sync(member, [], protocol: "sticky").Reply!.Error);
        Join("b");
        Assert.Equal(StreamError.RebalanceInProgress, Sync("a").Reply!.Error);
    }

    [Fact]
    public void A_heartbeat_is_of_a_member_in_its_generation()
    {
        Form("a");
        var member = Member("a");

        Assert.Equal(StreamError.None, Driver.Heartbeat(member));
        Assert.Equal(StreamError.IllegalGeneration, Driver.Heartbeat(member with { Generation = 0 }));
        Assert.Equal(StreamError.UnknownMember, Driver.Heartbeat(member with { MemberId = "b" }));
        Assert.Equal(StreamError.UnknownMember, Driver.Heartbeat(member with { GroupId = "other" }));
        Assert.Equal(StreamError.InvalidGroupId, Driver.Heartbeat(member with { GroupId = "" }));
    }

    [Fact]
    public void A_silent_member_is_removed_and_the_others_share_its_work()
    {
        Form("a", "b");
        Driver.Wait(Session - Tick);
        Assert.Equal(StreamError.None, Driver.Heartbeat(Member("a")));

        Driver.Wait(Tick);

        Assert.Equal(StreamError.RebalanceInProgress, Driver.Heartbeat(Member("a")));
        Assert.Equal(StreamError.UnknownMember, Driver.Heartbeat(Member("b")));
        Assert.Single(Joined("a", Join("a")).Members);
    }

    [Fact]
    public void A_member_that_does_not_join_again_in_time_is_left_behind()
    {
        Form("a", "b");
        var waiting = Join("a");
        HeartbeatFor(Rebalance - Tick, "b");
        Assert.Null(waiting.Reply);

        Driver.Wait(Tick);

        Assert.Single(Joined("a", waiting).Members);
        Assert.Equal(StreamError.UnknownMember, Driver.Heartbeat(Member("b")));
    }

    [Fact]
    public void When_all_are_silent_the_group_is_empty_in_a_generation_of_its_own()
    {
        Form("a", "b");

        Driver.Wait(Session);

        Assert.Equal(GroupState.Empty, Driver.State);
        Assert.Equal(4, Joined("c", Join("c")).Generation);
    }

    [Fact]
    public void A_member_that_never_asks_for_its_assignment_is_removed()
    {
        Form("a", "b");
        var (first, second) = (Join("a"), Join("b"));
        Joined("a", first);
        Joined("b", second);
        var waiting = Sync("b");
        HeartbeatFor(Rebalance - Tick, "a");
        Assert.Null(waiting.Reply);

        Driver.Wait(Tick);

        Assert.Equal(StreamError.RebalanceInProgress, waiting.Reply!.Error);
        Assert.Equal(StreamError.UnknownMember, Driver.Heartbeat(Member("a")));
    }

    [Fact]
    public void Whoever_leaves_is_removed_at_once()
    {
        Form("a", "b");

        Assert.Equal(StreamError.None, Driver.Leave(Member("b").MemberId));

        Assert.Equal(StreamError.UnknownMember, Driver.Leave(Member("b").MemberId));
        Assert.Equal(StreamError.RebalanceInProgress, Driver.Heartbeat(Member("a")));
        Assert.Equal(StreamError.None, Driver.Leave(Member("a").MemberId));
        Assert.Equal(GroupState.Empty, Driver.State);
    }

    [Fact]
    public void A_restart_leaves_a_stable_group_stable_and_gives_every_session_its_whole_time()
    {
        Form("a", "b");
        Driver.Wait(Session - Tick);

        Driver.Reload();

        Driver.Wait(Session - Tick);
        Assert.Equal(StreamError.None, Driver.Heartbeat(Member("a")));
        Assert.Equal((byte[])[(byte)'b'], Sync("b").Reply!.Assignment);
    }

    [Fact]
    public void After_a_restart_the_leader_can_still_assign_the_generation_that_was_formed()
    {
        Form("a");
        Joined("a", Join("a"));

        Driver.Reload();

        Assert.Equal((byte[])[(byte)'a'], Sync("a", "a").Reply!.Assignment);
        Assert.Equal((GroupState.Stable, 2), (Driver.State, Member("a").Generation));
    }

    [Fact]
    public void A_generation_that_was_told_to_a_member_does_not_come_again_after_a_restart()
    {
        Form("a");
        Assert.Equal(2, Joined("a", Join("a")).Generation);

        Driver.Reload();
        Join("b");

        Assert.Equal(3, Joined("a", Join("a")).Generation);
    }

    private void HeartbeatFor(TimeSpan duration, string client)
    {
        for (var end = Driver.Now.Elapsed + duration; Driver.Now.Elapsed < end;)
        {
            Driver.Heartbeat(Member(client));
            var rest = end - Driver.Now.Elapsed;
            Driver.Wait(rest < Session / 2 ? rest : Session / 2);
        }
    }
}
