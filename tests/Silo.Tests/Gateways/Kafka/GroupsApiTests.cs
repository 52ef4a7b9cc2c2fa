using OrleansStream.Contracts;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;
using JoinGroupRequest = OrleansStream.Protocols.Kafka.Messages.JoinGroupRequest;
using LeaveGroupRequest = OrleansStream.Protocols.Kafka.Messages.LeaveGroupRequest;
using SyncGroupRequest = OrleansStream.Protocols.Kafka.Messages.SyncGroupRequest;

namespace OrleansStream.Silo.Tests.Gateways.Kafka;

public sealed class GroupsApiTests
{
    private readonly ScriptedGroups _groups = new();
    private readonly RouterHarness _harness;

    public GroupsApiTests() => _harness = new(new ScriptedCluster(partitionCount: 1) { Groups = _groups });

    [Fact]
    public async Task A_join_is_handed_on_and_its_generation_handed_back()
    {
        _groups.Joined = new(
            StreamError.None, 7, "consumer", "range", "leader", "me", true, [new("me", "static", [4, 5])]);

        var response = await _harness.AskAsync(Join() with { MemberId = "me", InstanceId = "static", Reason = "why" });

        var asked = Assert.IsType<Contracts.JoinGroupRequest>(_groups.Asked);
        Assert.Equal(
            ("g", "me", "static", "tester", "/127.0.0.1", "consumer", "why"),
            (asked.GroupId, asked.MemberId, asked.InstanceId, asked.ClientId, asked.ClientHost, asked.ProtocolType,
                asked.Reason));
        Assert.Equal((30, 60), (asked.SessionTimeout.TotalSeconds, asked.RebalanceTimeout.TotalSeconds));
        var protocol = Assert.Single(asked.Protocols);
        Assert.Equal("range", protocol.Name);
        Assert.Equal([1, 2], protocol.Metadata);
        Assert.Equal(
            (7, "consumer", "range", "leader", "me", true),
            (response.GenerationId, response.ProtocolType, response.ProtocolName, response.LeaderId, response.MemberId,
                response.SkipAssignment));
        var member = Assert.Single(response.Members);
        Assert.Equal(("me", "static"), (member.MemberId, member.InstanceId));
        Assert.Equal([4, 5], member.Metadata);
    }

    [Theory]
    [InlineData(0, 30, false, false)]
    [InlineData(3, 60, false, false)]
    [InlineData(4, 60, true, false)]
    [InlineData(9, 60, true, true)]
    public async Task What_a_client_knows_follows_from_the_version(
        int version, int rebalanceTimeout, bool knowsMemberId, bool knowsSkipAssignment)
    {
        await _harness.AskAsync(Join(), version);

        var asked = Assert.IsType<Contracts.JoinGroupRequest>(_groups.Asked);
        Assert.Equal(
            (rebalanceTimeout, knowsMemberId, knowsSkipAssignment),
            (asked.RebalanceTimeout.TotalSeconds, asked.RequiresKnownMemberId, asked.KnowsSkipAssignment));
    }

    [Fact]
    public async Task A_join_that_waits_holds_nobody_else_up_and_ends_with_its_connection()
    {
        _groups.Rebalance = new TaskCompletionSource().Task;
        using var closed = new CancellationTokenSource();
        var joining = _harness.AskAsync(Join(), closed: closed.Token);

        await _harness.AskAsync(new HeartbeatRequest("g", 1, "other"));
        Assert.False(joining.IsCompleted);

        await closed.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => joining);
    }

    [Theory]
    [InlineData(StreamError.None, ErrorCode.None)]
    [InlineData(StreamError.RebalanceInProgress, ErrorCode.RebalanceInProgress)]
    [InlineData(StreamError.UnknownMember, ErrorCode.UnknownMemberId)]
    [InlineData(StreamError.InvalidGroupId, ErrorCode.InvalidGroupId)]
    [InlineData(StreamError.NotHosted, ErrorCode.NotCoordinator)]
    [InlineData(StreamError.StorageFailed, ErrorCode.CoordinatorNotAvailable)]
    [InlineData(StreamError.TimedOut, ErrorCode.CoordinatorNotAvailable)]
    public async Task A_member_is_told_what_makes_it_do_the_right_thing(StreamError error, ErrorCode expected)
    {
        _groups.Heartbeat = error;

        var response = await _harness.AskAsync(new HeartbeatRequest("g", 3, "me", "static"));

        Assert.Equal(expected, response.Error);
        Assert.Equal(new GroupMember("g", 3, "me", "static"), _groups.Asked);
    }

    [Fact]
    public async Task Assignments_are_handed_on_and_ones_own_handed_back()
    {
        _groups.Synced = new(StreamError.None, "consumer", "range", [9]);

        var response = await _harness.AskAsync(Sync("range"));

        var asked = Assert.IsType<Contracts.SyncGroupRequest>(_groups.Asked);
        Assert.Equal(new GroupMember("g", 2, "me", null), asked.Member);
        Assert.Equal(("consumer", "range"), (asked.ProtocolType, asked.Protocol));
        var given = Assert.Single(asked.Assignments);
        Assert.Equal("you", given.MemberId);
        Assert.Equal([3], given.Assignment);
        Assert.Equal(("consumer", "range"), (response.ProtocolType, response.ProtocolName));
        Assert.Equal([9], response.Assignment);
    }

    [Theory]
    [InlineData(4, ErrorCode.None)]
    [InlineData(5, ErrorCode.InconsistentGroupProtocol)]
    public async Task A_client_that_can_say_the_protocol_has_to(int version, ErrorCode expected)
        => Assert.Equal(expected, (await _harness.AskAsync(Sync(protocol: null), version)).Error);

    [Fact]
    public async Task Each_member_that_leaves_is_answered_by_name()
    {
        _groups.Left = new(StreamError.None, [StreamError.None, StreamError.UnknownMember]);

        var response = await _harness.AskAsync(
            new LeaveGroupRequest("g", [new("a", "x", "done"), new("b", InstanceId: null)]));

        Assert.Equal(
            [new("a", "x", "done"), new("b", null)],
            Assert.IsType<Contracts.LeaveGroupRequest>(_groups.Asked).Members);
        Assert.Equal(
            [new("a", "x", ErrorCode.None), new("b", null, ErrorCode.UnknownMemberId)], response.Members);
    }

    [Theory]
    [InlineData(StreamError.None, StreamError.UnknownMember, ErrorCode.UnknownMemberId)]
    [InlineData(StreamError.NotHosted, StreamError.None, ErrorCode.NotCoordinator)]
    public async Task Older_versions_have_one_error_for_the_one_member(
        StreamError whole, StreamError member, ErrorCode expected)
    {
        _groups.Left = new(whole, whole == StreamError.None ? [member] : []);

        Assert.Equal(expected, (await _harness.AskAsync(new LeaveGroupRequest("g", [new("a")]), version: 2)).Error);
    }

    private static JoinGroupRequest Join()
        => new("g", 30_000, 60_000, MemberId: "", InstanceId: null, "consumer", [new("range", [1, 2])]);

    private static SyncGroupRequest Sync(string? protocol)
        => new("g", 2, "me", InstanceId: null, "consumer", protocol, [new("you", [3])]);
}
