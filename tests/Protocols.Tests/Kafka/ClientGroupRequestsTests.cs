using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;

namespace OrleansStream.Protocols.Tests.Kafka;

/// <summary>
/// Requests about groups as librdkafka 2.0.2 and kafkajs 2.2.4 send them, recorded on their way, without the length
/// prefix.
/// </summary>
public sealed class ClientGroupRequestsTests
{
    // What a consumer of topic flow says of itself: version 1, one topic, no user data, no partitions yet.
    private const string Subscription = "0001000000010004666C6F770000000000000000";

    // Version 0, partition 0 of topic flow, no user data.
    private const string Assignment = "0000000000010004666C6F77000000010000000000000000";

    [Fact]
    public void JoinGroup_of_a_static_member()
    {
        var (header, request) = Read<JoinGroupRequest>(
            "000b000500000002000772646b61666b6100076d656d6265727300001770000493e0000000087374617469632d310008"
            + "636f6e73756d657200000001000572616e6765000000140001000000010004666c6f770000000000000000");

        Assert.Equal(new RequestHeader(ApiKey.JoinGroup, 5, 2, "rdkafka"), header);
        Assert.Equal(
            ("members", 6_000, 300_000, "", "static-1", "consumer"),
            (request.GroupId, request.SessionTimeoutMs, request.RebalanceTimeoutMs, request.MemberId,
                request.InstanceId, request.ProtocolType));
        var protocol = Assert.Single(request.Protocols);
        Assert.Equal(("range", Subscription), (protocol.Name, Convert.ToHexString(protocol.Metadata)));
    }

    [Fact]
    public void JoinGroup_of_a_member_that_was_given_its_id()
    {
        var (_, request) = Read<JoinGroupRequest>(
            "000b00050000000400076b61666b616a7300076b61666b616a73000075300000ea60002c6b61666b616a732d62346365"
            + "396261312d383437362d343436612d396431662d343530306537633238323539ffff0008636f6e73756d657200000001"
            + "0012526f756e64526f62696e41737369676e6572000000100000000000010004666c6f7700000000");

        Assert.Equal(
            ("kafkajs", 30_000, 60_000, "kafkajs-b4ce9ba1-8476-446a-9d1f-4500e7c28259", null),
            (request.GroupId, request.SessionTimeoutMs, request.RebalanceTimeoutMs, request.MemberId,
                request.InstanceId));
        Assert.Equal("RoundRobinAssigner", Assert.Single(request.Protocols).Name);
    }

    [Fact]
    public void SyncGroup()
    {
        var (_, request) = Read<SyncGroupRequest>(
            "000e00030000000600076b61666b616a7300076b61666b616a7300000001002c6b61666b616a732d6234636539626131"
            + "2d383437362d343436612d396431662d343530306537633238323539ffff00000001002c6b61666b616a732d62346365"
            + "396261312d383437362d343436612d396431662d343530306537633238323539000000180000000000010004666c6f77"
            + "000000010000000000000000");

        Assert.Equal(
            ("kafkajs", 1, null, null),
            (request.GroupId, request.GenerationId, request.InstanceId, request.ProtocolName));
        var given = Assert.Single(request.Assignments);
        Assert.Equal((request.MemberId, Assignment), (given.MemberId, Convert.ToHexString(given.Assignment)));
    }

    [Fact]
    public void Heartbeat()
    {
        var (_, request) = Read<HeartbeatRequest>(
            "000c000300000005000772646b61666b6100076d656d6265727300000001002d7374617469632d312d38613435646431"
            + "662d386565312d343730382d393737312d32356530633934343739633200087374617469632d31");

        Assert.Equal(
            new HeartbeatRequest("members", 1, "static-1-8a45dd1f-8ee1-4708-9771-25e0c94479c2", "static-1"), request);
    }

    [Theory]
    [InlineData(
        "000d000100000009000772646b61666b61000364796e002c72646b61666b612d30303861643264652d363537652d3465"
        + "31392d383138622d633436633035353333303461",
        "dyn",
        "rdkafka-008ad2de-657e-4e19-818b-c46c0553304a")]
    [InlineData(
        "000d00030000000a00076b61666b616a7300076b61666b616a7300000001002c6b61666b616a732d6234636539626131"
        + "2d383437362d343436612d396431662d343530306537633238323539ffff",
        "kafkajs",
        "kafkajs-b4ce9ba1-8476-446a-9d1f-4500e7c28259")]
    public void LeaveGroup(string bytes, string group, string memberId)
    {
        var (_, request) = Read<LeaveGroupRequest>(bytes);

        Assert.Equal(group, request.GroupId);
        var member = Assert.Single(request.Members);
        Assert.Equal((memberId, null, null), (member.MemberId, member.InstanceId, member.Reason));
    }

    [Fact]
    public void OffsetCommit()
    {
        var (_, request) = Read<OffsetCommitRequest>(
            "000800070000000a000772646b61666b6100076d656d6265727300000001002d7374617469632d312d38613435646431"
            + "662d386565312d343730382d393737312d32356530633934343739633200087374617469632d31000000010004666c6f"
            + "7700000001000000000000000000000002ffffffff0000");

        Assert.Equal(("members", 1, "static-1"), (request.GroupId, request.GenerationId, request.InstanceId));
        var topic = Assert.Single(request.Topics);
        Assert.Equal("flow", topic.Name);
        Assert.Equal([new(0, 2, -1, "")], topic.Partitions);
    }

    [Fact]
    public void OffsetCommit_of_an_older_version()
    {
        var (_, request) = Read<OffsetCommitRequest>(
            "000800050000000900076b61666b616a7300076b61666b616a7300000001002c6b61666b616a732d6234636539626131"
            + "2d383437362d343436612d396431662d343530306537633238323539000000010004666c6f7700000003000000000000"
            + "000000000001ffff000000000000000000000002ffff000000000000000000000003ffff");

        Assert.Equal((null, -1L), (request.InstanceId, request.RetentionTimeMs));
        Assert.Equal(
            [new(0, 1, -1, null), new(0, 2, -1, null), new(0, 3, -1, null)], Assert.Single(request.Topics).Partitions);
    }

    [Theory]
    [InlineData(
        "0009000700000006000772646b61666b6100086d656d626572730205666c6f770200000000000100",
        "members",
        true)]
    [InlineData(
        "000900040000000700076b61666b616a7300076b61666b616a73000000010004666c6f770000000100000000",
        "kafkajs",
        false)]
    public void OffsetFetch(string bytes, string groupId, bool requireStable)
    {
        var (_, request) = Read<OffsetFetchRequest>(bytes);

        var group = Assert.Single(request.Groups);
        Assert.Equal((groupId, requireStable), (group.GroupId, request.RequireStable));
        var topic = Assert.Single(group.Topics!);
        Assert.Equal(("flow", 0), (topic.Topic, Assert.Single(topic.Partitions)));
    }

    [Fact]
    public void DescribeGroups()
        => Assert.Equal(
            ["dyn", "members"],
            Read<DescribeGroupsRequest>(
                "000f000000000004000772646b61666b6100000002000364796e00076d656d62657273").Request.Groups);

    [Theory]
    [InlineData("0010000000000003000772646b61666b61")]
    [InlineData("001000020000000600076b61666b616a73")]
    public void ListGroups(string bytes) => Assert.Empty(Read<ListGroupsRequest>(bytes).Request.StatesFilter);

    [Fact]
    public void DeleteGroups()
        => Assert.Equal(
            ["kafkajs"],
            Read<DeleteGroupsRequest>("002a00010000000900076b61666b616a730000000100076b61666b616a73").Request.Groups);

    private static (RequestHeader Header, T Request) Read<T>(string hexadecimal)
        where T : IKafkaStruct<T>
    {
        var reader = new KafkaReader(Convert.FromHexString(hexadecimal));
        var header = RequestHeader.Read(ref reader);
        var request = reader.ReadStruct<T>(header.ApiVersion);
        Assert.Equal(0, reader.RemainingBytes);
        return (header, request);
    }
}
