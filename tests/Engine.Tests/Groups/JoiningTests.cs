using OrleansStream.Contracts;
using OrleansStream.Engine.Groups;

namespace OrleansStream.Engine.Tests.Groups;

public sealed class JoiningTests : GroupExample
{
    [Fact]
    public void A_dynamic_member_is_given_an_id_first_and_joins_with_it()
    {
        var asking = Request("app") with { RequiresKnownMemberId = true };

        var first = Driver.Join(asking).Reply!;
        var second = Driver.Join(asking with { MemberId = first.MemberId });

        Assert.Equal(StreamError.MemberIdRequired, first.Error);
        Assert.StartsWith("app-", first.MemberId);
        Assert.Equal(first.MemberId, Joined("a", second).MemberId);
    }

    [Fact]
    public void An_id_that_was_given_is_good_for_a_session_timeout()
    {
        var asking = Request("app") with { RequiresKnownMemberId = true };
        var given = Driver.Join(asking).Reply!.MemberId;

        Driver.Wait(Session);

        Assert.Equal(StreamError.UnknownMember, Driver.Join(asking with { MemberId = given }).Reply!.Error);
        Assert.Equal(GroupState.Dead, Driver.State);
    }

    [Fact]
    public void The_group_waits_for_whoever_was_given_an_id()
    {
        Form("a");
        var given = Driver.Join(Request("b") with { RequiresKnownMemberId = true }).Reply!.MemberId;
        var first = Join("a");
        Assert.Null(first.Reply);

        var second = Driver.Join(Request("b", given));

        Assert.Equal(2, Joined("a", first).Members.Count);
        Assert.Empty(Joined("b", second).Members);
    }

    [Fact]
    public void The_first_member_waits_for_others_and_each_of_them_prolongs_the_wait()
    {
        Driver = new(new GroupOptions { InitialRebalanceDelay = TimeSpan.FromSeconds(3) });
        var first = Join("a");
        Driver.Wait(TimeSpan.FromSeconds(2));
        var second = Join("b");

        Driver.Wait(TimeSpan.FromSeconds(4) - Tick);
        Assert.Null(first.Reply);
        Driver.Wait(Tick);

        Assert.Equal((1, 2), (Joined("a", first).Generation, first.Reply!.Members.Count));
        Assert.Equal(1, Joined("b", second).Generation);
    }

    [Fact]
    public void The_first_wait_is_no_longer_than_a_rebalance_may_take()
    {
        Driver = new(new GroupOptions { InitialRebalanceDelay = TimeSpan.FromSeconds(3) });
        var first = Driver.Join(Request("a") with { RebalanceTimeout = TimeSpan.FromSeconds(5) });
        for (var second = 0; second < 4; second++)
        {
            Driver.Wait(TimeSpan.FromSeconds(1));
            Driver.Join(Request($"{second}") with { RebalanceTimeout = TimeSpan.FromSeconds(5) });
        }

        Driver.Wait(TimeSpan.FromSeconds(1) - Tick);
        Assert.Null(first.Reply);
        Driver.Wait(Tick);

        Assert.Equal(5, first.Reply!.Members.Count);
    }

    [Theory]
    [InlineData(5_999, StreamError.InvalidSessionTimeout)]
    [InlineData(6_000, StreamError.None)]
    [InlineData(1_800_000, StreamError.None)]
    [InlineData(1_800_001, StreamError.InvalidSessionTimeout)]
    public void A_session_timeout_lies_within_bounds(int milliseconds, StreamError expected)
    {
        var request = Request("a") with { SessionTimeout = TimeSpan.FromMilliseconds(milliseconds) };

        Assert.Equal(expected, Driver.Join(request).Reply!.Error);
    }

    [Fact]
    public void A_group_must_have_a_name()
        => Assert.Equal(StreamError.InvalidGroupId, Driver.Join(Request("a") with { GroupId = "" }).Reply!.Error);

    [Fact]
    public void Nobody_joins_with_an_id_that_was_never_given()
    {
        Assert.Equal(StreamError.UnknownMember, Driver.Join(Request("a", "made-up")).Reply!.Error);
        Form("a");
        Assert.Equal(StreamError.UnknownMember, Driver.Join(Request("b", "made-up")).Reply!.Error);
    }

    [Fact]
    public void A_full_group_takes_no_more_members_and_keeps_those_it_has()
    {
        Form("a", "b", "c");

        Assert.Equal(StreamError.GroupFull, Join("d").Reply!.Error);
        var again = Join("a");
        Join("b");
        Join("c");

        Assert.Equal(3, Joined("a", again).Members.Count);
    }

    [Fact]
    public void Members_together_say_no_more_about_themselves_than_fits_a_record()
    {
        Driver = new(new GroupOptions { InitialRebalanceDelay = TimeSpan.Zero, MaxGroupBytes = 1_024 });
        var request = Request("a") with { Protocols = [new("range", new byte[600])] };
        Joined("a", Driver.Join(request));

        Assert.Equal(StreamError.GroupFull, Driver.Join(request with { ClientId = "b" }).Reply!.Error);
        Assert.Equal(
            StreamError.LimitExceeded,
            Driver.Sync(Member("a"), [new(Member("a").MemberId, new byte[1_025])]).Reply!.Error);
    }

    [Fact]
    public void A_follower_that_asks_again_is_told_the_generation_it_is_in()
    {
        Form("a", "b");

        var reply = Joined("b", Join("b"));

        Assert.Equal(2, reply.Generation);
        Assert.Equal(GroupState.Stable, Driver.State);
    }

    [Fact]
    public void A_leader_that_asks_again_begins_a_rebalance()
    {
        Form("a", "b");

        Assert.Null(Join("a").Reply);

        Assert.Equal(StreamError.RebalanceInProgress, Driver.Heartbeat(Member("b")));
    }

    [Fact]
    public void A_follower_that_says_something_else_about_itself_begins_a_rebalance()
    {
        Form("a", "b");

        var call = Driver.Join(
            Request("b", Member("b").MemberId) with { Protocols = [Offer("range", note: 1)] });

        Assert.Null(call.Reply);
        Assert.Equal(GroupState.PreparingRebalance, Driver.State);
    }

    [Fact]
    public void While_assignments_are_made_whoever_asks_again_gets_the_same_answer()
    {
        Form("a");
        var first = Join("a");
        Joined("a", first);
        Assert.Equal(GroupState.CompletingRebalance, Driver.State);

        var again = Joined("a", Join("a"));

        Assert.Equal(first.Reply! with { Members = again.Members }, again);
        Assert.Single(again.Members);
    }

    [Fact]
    public void Whoever_comes_while_assignments_are_made_begins_the_rebalance_anew()
    {
        Form("a", "b");
        var (first, second) = (Join("a"), Join("b"));
        Joined("a", first);
        Joined("b", second);
        var waiting = Sync("b");
        Assert.Null(waiting.Reply);

        Join("c");

        Assert.Equal(StreamError.RebalanceInProgress, waiting.Reply!.Error);
        Assert.Equal(GroupState.PreparingRebalance, Driver.State);
    }

    [Fact]
    public void The_protocol_is_the_one_that_all_offer_and_most_prefer()
    {
        Joined("a", Join("a", "range", "sticky"));
        var b = Join("b", "sticky", "other", "range");
        var c = Join("c", "sticky", "range");

        Assert.Equal("sticky", Joined("a", Join("a", "range", "sticky")).Protocol);
        Assert.Equal("sticky", Joined("b", b).Protocol);
        Assert.Equal("sticky", Joined("c", c).Protocol);
    }

    [Fact]
    public void A_member_must_share_the_type_and_a_protocol_with_all_others()
    {
        Joined("a", Join("a", "range", "sticky"));

        Assert.Equal(StreamError.InconsistentGroupProtocol, Join("b", "other").Reply!.Error);
        Assert.Equal(
            StreamError.InconsistentGroupProtocol,
            Driver.Join(Request("b") with { ProtocolType = "connect" }).Reply!.Error);
        Assert.Equal(
            StreamError.InconsistentGroupProtocol, Driver.Join(Request("b") with { Protocols = [] }).Reply!.Error);
        Assert.Null(Join("b", "sticky").Reply);
    }

    [Fact]
    public void A_new_member_whose_wait_ends_unheard_is_forgotten()
    {
        var patient = Request("a") with
        {
            RebalanceTimeout = TimeSpan.FromHours(1),
            SessionTimeout = TimeSpan.FromMinutes(30),
        };
        Driver.Join(patient);
        var late = Driver.Join(patient with { ClientId = "b" });

        Driver.Wait(TimeSpan.FromMinutes(5));

        Assert.Equal(StreamError.UnknownMember, late.Reply!.Error);
    }
}
