using OrleansStream.Contracts;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;

namespace OrleansStream.Silo.Tests.Gateways.Kafka;

public sealed class GroupAdminApiTests
{
    private readonly ScriptedGroups _groups = new();
    private readonly RouterHarness _harness;

    public GroupAdminApiTests() => _harness = new(new ScriptedCluster(partitionCount: 1) { Groups = _groups });

    [Theory]
    [InlineData(new string[0], new string[0], "a b")]
    [InlineData(new[] { "stable" }, new string[0], "a")]
    [InlineData(new[] { "Stable", "Empty" }, new[] { "Classic" }, "a b")]
    [InlineData(new string[0], new[] { "consumer" }, "")]
    [InlineData(new[] { "NoSuchState" }, new string[0], "")]
    public async Task Groups_are_listed_by_state_and_type(string[] states, string[] types, string expected)
    {
        _groups.Listed = new(
            StreamError.None, [new("a", "consumer", GroupState.Stable), new("b", "", GroupState.Empty)]);

        var response = await _harness.AskAsync(new ListGroupsRequest(states, types));

        Assert.Equal(expected, string.Join(' ', response.Groups.Select(group => group.GroupId)));
    }

    [Fact]
    public async Task A_part_of_the_groups_may_be_missing_for_now()
    {
        _groups.Listed = new(StreamError.NotHosted, [new("a", "consumer", GroupState.PreparingRebalance)]);

        var response = await _harness.AskAsync(new ListGroupsRequest([], []));

        Assert.Equal(ErrorCode.CoordinatorLoadInProgress, response.Error);
        Assert.Equal([new("a", "consumer", "PreparingRebalance", "classic")], response.Groups);
    }

    [Fact]
    public async Task A_group_is_described_with_its_members_and_once()
    {
        _groups.Description = new(
            StreamError.None, "g", GroupState.Stable, "consumer", "range",
            [new MemberDescription("m", "static", "client", "/10.0.0.1", [1], [2])]);

        var response = await _harness.AskAsync(
            new DescribeGroupsRequest(["g", "g"], IncludeAuthorizedOperations: true));

        var group = Assert.Single(response.Groups);
        Assert.Equal(
            (ErrorCode.None, "g", "Stable", "consumer", "range", 0b1_0100_1000),
            (group.Error, group.GroupId, group.State, group.ProtocolType, group.Protocol, group.AuthorizedOperations));
        var member = Assert.Single(group.Members);
        Assert.Equal(
            ("m", "static", "client", "/10.0.0.1"),
            (member.MemberId, member.InstanceId, member.ClientId, member.ClientHost));
        Assert.Equal((1, 2), (Assert.Single(member.Metadata), Assert.Single(member.Assignment)));
    }

    [Theory]
    [InlineData(5, ErrorCode.None)]
    [InlineData(6, ErrorCode.GroupIdNotFound)]
    public async Task A_group_that_does_not_exist_is_dead_or_missing(int version, ErrorCode expected)
    {
        var response = await _harness.AskAsync(new DescribeGroupsRequest(["g"]), version);

        var group = Assert.Single(response.Groups);
        Assert.Equal((expected, "Dead"), (group.Error, group.State));
    }

    [Fact]
    public async Task A_group_that_cannot_be_reached_has_no_state()
    {
        _groups.Description = GroupDescription.Refused(StreamError.StorageFailed, "g");

        var group = Assert.Single((await _harness.AskAsync(new DescribeGroupsRequest(["g"]))).Groups);

        Assert.Equal((ErrorCode.CoordinatorNotAvailable, ""), (group.Error, group.State));
    }

    [Fact]
    public async Task Each_deletion_has_its_own_outcome()
    {
        _groups.Deleted = StreamError.NonEmptyGroup;

        var response = await _harness.AskAsync(new DeleteGroupsRequest(["g"]));

        Assert.Equal([new("g", ErrorCode.NonEmptyGroup)], response.Groups);
    }
}
