using OrleansStream.Contracts;

namespace OrleansStream.Engine.Tests.Groups;

public sealed class StaticMemberTests : GroupExample
{
    [Fact]
    public void A_follower_that_starts_again_keeps_its_work_and_nobody_notices()
    {
        FormStatic("a", "b");
        var before = Member("b");

        var reply = Joined("b", JoinStatic("b"), "i-b");

        Assert.Equal((2, Member("a").MemberId, false), (reply.Generation, reply.LeaderId, reply.SkipAssignment));
        Assert.NotEqual(before.MemberId, reply.MemberId);
        Assert.Equal((byte[])[(byte)'b'], Sync("b").Reply!.Assignment);
        Assert.Equal(StreamError.None, Driver.Heartbeat(Member("a")));
        Assert.Equal(StreamError.FencedInstanceId, Driver.Heartbeat(before));
        Assert.Equal(StreamError.FencedInstanceId, Driver.Commit(before).Error);
        Assert.Equal(StreamError.FencedInstanceId, Driver.Sync(before, []).Reply!.Error);
    }

    [Fact]
    public void A_leader_that_starts_again_leads_without_assigning()
    {
        FormStatic("a", "b");

        var reply = Joined("a", JoinStatic("a"), "i-a");

        Assert.True(reply.SkipAssignment);
        Assert.Equal((reply.MemberId, 2), (reply.LeaderId, reply.Members.Count));
    }

    [Fact]
    public void A_leader_whose_client_cannot_skip_is_told_that_it_does_not_lead()
    {
        FormStatic("a", "b");
        var before = Member("a").MemberId;

        var reply = Joined("a", JoinStatic("a", knowsSkip: false), "i-a");

        Assert.Equal((before, false, 0), (reply.LeaderId, reply.SkipAssignment, reply.Members.Count));
    }

    [Fact]
    public void Another_subscription_begins_a_rebalance()
    {
        FormStatic("a", "b");

        Assert.Null(JoinStatic("b", topic: "other").Reply);

        Assert.Equal(GroupState.PreparingRebalance, Driver.State);
    }

    [Fact]
    public void While_assignments_are_made_the_leader_must_hear_of_the_new_id()
    {
        FormStatic("a");
        Joined("a", Driver.Join(Request("a", Member("a").MemberId, "i-a")), "i-a");
        Assert.Equal(GroupState.CompletingRebalance, Driver.State);

        Assert.Equal(3, Joined("a", JoinStatic("a"), "i-a").Generation);
    }

    [Fact]
    public void What_the_old_process_waits_for_is_answered_with_its_end()
    {
        FormStatic("a", "b");
        var old = Driver.Join(Request("a", Member("a").MemberId, "i-a"));
        Assert.Null(old.Reply);

        Assert.Null(JoinStatic("a").Reply);

        Assert.Equal(StreamError.FencedInstanceId, old.Reply!.Error);
    }

    [Fact]
    public void A_static_member_that_is_away_keeps_its_place_in_a_rebalance_until_its_session_ends()
    {
        FormStatic("a", "b");
        var longer = Request("b", Member("b").MemberId, "i-b") with { SessionTimeout = Rebalance * 2 };
        var (first, second) = (Driver.Join(Request("a", Member("a").MemberId, "i-a")), Driver.Join(longer));
        Joined("a", first, "i-a");
        Joined("b", second, "i-b");
        Sync("b");
        Sync("a", "a", "b");

        var alone = Driver.Join(Request("a", Member("a").MemberId, "i-a"));
        Driver.Wait(Rebalance);

        Assert.Equal(2, Joined("a", alone, "i-a").Members.Count);
    }

    [Fact]
    public void A_static_member_can_be_removed_by_its_instance_alone()
    {
        FormStatic("a", "b");

        Assert.Equal(StreamError.UnknownMember, Driver.Leave("", "i-c"));
        Assert.Equal(StreamError.FencedInstanceId, Driver.Leave(Member("a").MemberId, "i-b"));
        Assert.Equal(StreamError.None, Driver.Leave("", "i-b"));

        Assert.Equal(StreamError.UnknownMember, Driver.Heartbeat(Member("b")));
    }

    [Fact]
    public void A_taken_over_place_survives_a_restart()
    {
        FormStatic("a", "b");
        Joined("b", JoinStatic("b"), "i-b");

        Driver.Reload();

        Assert.Equal(StreamError.None, Driver.Heartbeat(Member("b")));
        Assert.Equal((byte[])[(byte)'b'], Sync("b").Reply!.Assignment);
    }
}
