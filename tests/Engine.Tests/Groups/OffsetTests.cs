using OrleansStream.Contracts;

namespace OrleansStream.Engine.Tests.Groups;

public sealed class OffsetTests : GroupExample
{
    private static readonly GroupMember Anybody = new(GroupDriver.GroupId, -1, "", null);
    private static readonly Guid Topic = new(1, 0, 0, new byte[8]);
    private static readonly TimeSpan Retention = TimeSpan.FromDays(7);

    public OffsetTests() => Driver.Topics.Add(Topic);

    [Fact]
    public void Anybody_commits_to_a_group_without_members()
    {
        Assert.Equal(StreamError.None, Driver.Commit(Anybody, Offset(0, 7)).Error);
        Assert.Equal([Offset(0, 7)], Committed());
        Assert.Equal(
            StreamError.IllegalGeneration, Driver.Commit(Anybody with { GroupId = "other", Generation = 1 }).Error);
    }

    [Fact]
    public void A_group_with_members_takes_offsets_from_them_alone_and_not_while_assignments_are_made()
    {
        Form("a");
        var member = Member("a");
        Assert.Equal(StreamError.UnknownMember, Driver.Commit(Anybody, Offset(0, 1)).Error);
        Assert.Equal(StreamError.UnknownMember, Driver.Commit(member with { MemberId = "b" }, Offset(0, 1)).Error);
        Assert.Equal(StreamError.IllegalGeneration, Driver.Commit(member with { Generation = 0 }, Offset(0, 1)).Error);
        Assert.Equal(StreamError.None, Driver.Commit(member, Offset(0, 2)).Error);

        var second = Join("b");
        Assert.Equal(StreamError.None, Driver.Commit(member, Offset(0, 3)).Error);
        Joined("a", Join("a"));
        Joined("b", second);
        Assert.Equal(StreamError.RebalanceInProgress, Driver.Commit(Member("a"), Offset(0, 4)).Error);

        Assert.Equal([Offset(0, 3)], Committed());
    }

    [Fact]
    public void A_commit_is_a_sign_of_life()
    {
        Form("a");
        Driver.Wait(Session - Tick);

        Driver.Commit(Member("a"), Offset(0, 1));

        Driver.Wait(Session - Tick);
        Assert.Equal(StreamError.None, Driver.Heartbeat(Member("a")));
    }

    [Fact]
    public void Offsets_and_the_group_are_forgotten_some_time_after_the_last_member_is_gone()
    {
        Form("a");
        Driver.Commit(Member("a"), Offset(0, 1));
        for (var lived = TimeSpan.Zero; lived < Retention * 2; lived += Session / 2)
        {
            Driver.Heartbeat(Member("a"));
            Driver.Wait(Session / 2);
        }

        Driver.Leave(Member("a").MemberId);
        Driver.Wait(Retention - Tick);
        Assert.Equal([Offset(0, 1)], Committed());
        Driver.Wait(TimeSpan.FromMinutes(10) + Tick);

        AssertNothingIsLeft();
    }

    [Fact]
    public void Offsets_of_a_group_that_never_had_members_are_forgotten_some_time_after_the_commit()
    {
        Driver.Commit(Anybody, Offset(0, 1));
        Driver.Wait(Retention / 2);
        Driver.Commit(Anybody, Offset(1, 1));

        Driver.Wait(Retention / 2 + TimeSpan.FromMinutes(10));
        Assert.Equal([Offset(1, 1)], Committed());
        Driver.Wait(Retention / 2);

        AssertNothingIsLeft();
    }

    [Fact]
    public void A_commit_may_say_how_long_it_is_kept()
    {
        Driver.Do(() => Driver.Groups.Commit(new(Anybody, TimeSpan.FromHours(1), [Offset(0, 1)]), Driver.Now));

        Driver.Wait(TimeSpan.FromMinutes(59));
        Assert.Equal([Offset(0, 1)], Committed());
        Driver.Wait(TimeSpan.FromMinutes(11));

        AssertNothingIsLeft();
    }

    [Fact]
    public void Offsets_of_a_deleted_topic_are_forgotten_and_the_others_stay()
    {
        Form("a");
        var gone = Offset(0, 9) with { Partition = new(Guid.Empty, 0) };
        Driver.Commit(Member("a"), gone, Offset(0, 1));

        for (var i = 0; i < 121; i++)
        {
            Driver.Heartbeat(Member("a"));
            Driver.Wait(Session / 2);
        }

        Assert.Equal([Offset(0, 1)], Committed());
        Assert.Equal([Offset(0, 1)], Driver.Replay().Fetch(new(GroupDriver.GroupId, null)).Offsets);
    }

    [Fact]
    public void Offsets_can_be_deleted_unless_a_member_reads_the_topic()
    {
        Form("a");
        Driver.Commit(Member("a"), Offset(0, 1), Offset(1, 1));

        var reply = Driver.Do(() => Driver.Groups.DeleteOffsets(
            new(GroupDriver.GroupId, [new(Topic, 0), new(Topic, 1)], ["t", "other"])));

        Assert.Equal([StreamError.GroupSubscribedToTopic, StreamError.None], reply.Offsets);
        Assert.Equal([Offset(0, 1)], Committed());
    }

    [Fact]
    public void Offsets_of_members_that_are_no_consumers_cannot_be_deleted_under_them()
    {
        Driver.Join(Request("a") with { ProtocolType = "connect" });

        var reply = Driver.Groups.DeleteOffsets(new(GroupDriver.GroupId, [new(Topic, 0)], ["other"]));

        Assert.Equal(StreamError.NonEmptyGroup, reply.Error);
    }

    private static CommittedOffset Offset(int partition, long offset) => new(new(Topic, partition), offset, 0, "");

    private IReadOnlyList<CommittedOffset> Committed()
        => Driver.Groups.Fetch(new(GroupDriver.GroupId, null)).Offsets;

    private void AssertNothingIsLeft()
    {
        Assert.Equal(GroupState.Dead, Driver.State);
        Assert.Empty(Driver.Replay().ToRecords());
    }
}
