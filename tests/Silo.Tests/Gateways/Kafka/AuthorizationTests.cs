using Microsoft.Extensions.Logging;
using OrleansStream.Contracts;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;
using OrleansStream.Silo.Gateways.Security;
using FetchRequest = OrleansStream.Protocols.Kafka.Messages.FetchRequest;
using JoinGroupRequest = OrleansStream.Protocols.Kafka.Messages.JoinGroupRequest;
using LeaveGroupRequest = OrleansStream.Protocols.Kafka.Messages.LeaveGroupRequest;
using SyncGroupRequest = OrleansStream.Protocols.Kafka.Messages.SyncGroupRequest;

namespace OrleansStream.Silo.Tests.Gateways.Kafka;

public sealed class AuthorizationTests : ClusterTests
{
    private const string Secret = "secret";
    private const string Missing = "missing";
    private const string Group = "group";

    // What each API answers to somebody who may do nothing: to be asked for data and to name it, in every API there is.
    private static readonly Dictionary<ApiKey, Func<RouterHarness, Guid, Task>> s_refusals = new()
    {
        [ApiKey.ApiVersions] = (_, _) => Task.CompletedTask,
        [ApiKey.SaslHandshake] = (_, _) => Task.CompletedTask,
        [ApiKey.SaslAuthenticate] = (_, _) => Task.CompletedTask,
        [ApiKey.DescribeCluster] = async (harness, _) => Assert.Equal(
            0, (await harness.AskAsync(new DescribeClusterRequest(true))).AuthorizedOperations),
        [ApiKey.Produce] = (harness, _) => EachTopicAsync(async name =>
            (await harness.AskAsync(new ProduceRequest(null, -1, 1_000, [new(name, [new(0, Batch(1))])])))
            .Topics[0].Partitions[0].Error),
        [ApiKey.Fetch] = async (harness, id) =>
        {
            await EachTopicAsync(async name => (await FetchAsync(harness, name, default, version: 12)).Error);
            var byId = await FetchAsync(harness, "", id, version: 13);
            Assert.Equal((ErrorCode.TopicAuthorizationFailed, 0), (byId.Error, byId.Records.LengthBytes));
        },
        [ApiKey.ListOffsets] = (harness, _) => EachTopicAsync(async name =>
            (await harness.AskAsync(new ListOffsetsRequest(-1, 0, [new(name, [new(0, -1, -1)])])))
            .Topics[0].Partitions[0].Error),
        [ApiKey.OffsetForLeaderEpoch] = (harness, _) => EachTopicAsync(async name =>
            (await harness.AskAsync(new OffsetForLeaderEpochRequest(-1, [new(name, [new(0, -1, 0)])])))
            .Topics[0].Partitions[0].Error),
        [ApiKey.Metadata] = async (harness, id) =>
        {
            await EachTopicAsync(async name => (await DescribeAsync(harness, new(name, default))).Topics[0].Error);
            var byId = (await DescribeAsync(harness, new(null, id))).Topics[0];
            Assert.Equal((ErrorCode.TopicAuthorizationFailed, null), (byId.Error, byId.Name));
            Assert.Empty((await harness.AskAsync(new MetadataRequest(null, AllowAutoTopicCreation: true))).Topics);
        },
        [ApiKey.CreateTopics] = (harness, _) => EachTopicAsync(async name =>
            (await harness.AskAsync(new CreateTopicsRequest([new(name, 1, 1, [], [])], 1_000, false))).Topics[0].Error),
        [ApiKey.DeleteTopics] = async (harness, id) =>
        {
            await EachTopicAsync(async name => (await DeleteAsync(harness, new(name, default))).Error);
            var byId = await DeleteAsync(harness, new(null, id));
            Assert.Equal((ErrorCode.TopicAuthorizationFailed, null), (byId.Error, byId.Name));
        },
        [ApiKey.CreatePartitions] = (harness, _) => EachTopicAsync(async name =>
            (await harness.AskAsync(new CreatePartitionsRequest([new(name, 9, null)], 1_000, false))).Topics[0].Error),
        [ApiKey.DeleteRecords] = (harness, _) => EachTopicAsync(async name =>
            (await harness.AskAsync(new DeleteRecordsRequest([new(name, [new(0, 1)])], 1_000)))
            .Topics[0].Partitions[0].Error),
        [ApiKey.DescribeConfigs] = async (harness, _) =>
        {
            await EachTopicAsync(async name => (await ShowConfigsAsync(harness, ConfigResourceType.Topic, name)).Error);
            var broker = await ShowConfigsAsync(harness, ConfigResourceType.Broker, "1");
            Assert.Equal((ErrorCode.ClusterAuthorizationFailed, 0), (broker.Error, broker.Configs.Count));
        },
        [ApiKey.IncrementalAlterConfigs] = (harness, _) => EachTopicAsync(async name =>
            (await harness.AskAsync(new IncrementalAlterConfigsRequest(
                [new(ConfigResourceType.Topic, name, [new("retention.ms", ConfigOperation.Set, "1")])], false)))
            .Resources[0].Error),
        [ApiKey.FindCoordinator] = async (harness, _) => Assert.Equal(
            new Coordinator("group", -1, "", -1, ErrorCode.GroupAuthorizationFailed),
            (await harness.AskAsync(new FindCoordinatorRequest(0, ["group"]))).Coordinators[0]),
        [ApiKey.InitProducerId] = async (harness, _) => Assert.Equal(
            new InitProducerIdResponse(ErrorCode.ClusterAuthorizationFailed),
            await harness.AskAsync(new InitProducerIdRequest(null, 1_000))),
        [ApiKey.DescribeTopicPartitions] = async (harness, _) =>
        {
            await EachTopicAsync(async name =>
                (await harness.AskAsync(new DescribeTopicPartitionsRequest([new(name)], 10, null))).Topics[0].Error);
            Assert.Empty((await harness.AskAsync(new DescribeTopicPartitionsRequest([], 10, null))).Topics);
        },
        [ApiKey.AlterConfigs] = (harness, _) => EachTopicAsync(async name =>
            (await harness.AskAsync(new AlterConfigsRequest([new(ConfigResourceType.Topic, name, [])], false)))
            .Resources[0].Error),
        [ApiKey.DescribeLogDirs] = async (harness, _) =>
        {
            var described = await harness.AskAsync(new DescribeLogDirsRequest(null));
            Assert.Equal((ErrorCode.ClusterAuthorizationFailed, 0), (described.Error, described.LogDirs.Count));
        },
        [ApiKey.DescribeClientQuotas] = async (harness, _) =>
        {
            var described = await harness.AskAsync(new DescribeClientQuotasRequest([], Strict: false));
            Assert.Equal((ErrorCode.ClusterAuthorizationFailed, null), (described.Error, described.Entries));
        },
        [ApiKey.AlterClientQuotas] = async (harness, _) => Assert.Equal(
            ErrorCode.ClusterAuthorizationFailed,
            (await harness.AskAsync(new AlterClientQuotasRequest([new([new("user", "eve")], [])], false)))
            .Entries[0].Error),
        [ApiKey.ElectLeaders] = async (harness, _) => Assert.Equal(
            ErrorCode.ClusterAuthorizationFailed,
            (await harness.AskAsync(new ElectLeadersRequest(0, [new(Secret, [0])], 1_000))).Error),
        [ApiKey.AlterPartitionReassignments] = async (harness, _) => Assert.Equal(
            ErrorCode.ClusterAuthorizationFailed,
            (await harness.AskAsync(new AlterPartitionReassignmentsRequest(1_000, true, []))).Error),
        [ApiKey.ListPartitionReassignments] = async (harness, _) => Assert.Equal(
            ErrorCode.ClusterAuthorizationFailed,
            (await harness.AskAsync(new ListPartitionReassignmentsRequest(1_000, null))).Error),
        [ApiKey.JoinGroup] = (harness, _) => IsRefusedAsync(async () => (await harness.AskAsync(
            new JoinGroupRequest(Group, 10_000, 10_000, "", null, "consumer", [new("range", [])]))).Error),
        [ApiKey.SyncGroup] = (harness, _) => IsRefusedAsync(async () => (await harness.AskAsync(
            new SyncGroupRequest(Group, 1, "m", null, "consumer", "range", []))).Error),
        [ApiKey.Heartbeat] = (harness, _) => IsRefusedAsync(async () => (await harness.AskAsync(
            new HeartbeatRequest(Group, 1, "m"))).Error),
        [ApiKey.LeaveGroup] = (harness, _) => IsRefusedAsync(async () => (await harness.AskAsync(
            new LeaveGroupRequest(Group, [new("m")]))).Error),
        [ApiKey.OffsetCommit] = (harness, _) => IsRefusedAsync(async () => (await harness.AskAsync(
            new OffsetCommitRequest(Group, -1, "", null, -1, [new(Secret, [new(0, 1, -1, null)])])))
            .Topics[0].Partitions[0].Error),
        [ApiKey.OffsetFetch] = (harness, _) => IsRefusedAsync(async () => (await harness.AskAsync(
            new OffsetFetchRequest([new(Group, null)]))).Groups[0].Error),
        [ApiKey.OffsetDelete] = (harness, _) => IsRefusedAsync(async () => (await harness.AskAsync(
            new OffsetDeleteRequest(Group, [new(Secret, [0])]))).Error),
        [ApiKey.DescribeGroups] = (harness, _) => IsRefusedAsync(async () => (await harness.AskAsync(
            new DescribeGroupsRequest([Group]))).Groups[0].Error),
        [ApiKey.DeleteGroups] = (harness, _) => IsRefusedAsync(async () => (await harness.AskAsync(
            new DeleteGroupsRequest([Group]))).Groups[0].Error),
        [ApiKey.ListGroups] = async (harness, _) => Assert.Empty(
            (await harness.AskAsync(new ListGroupsRequest([], []))).Groups),
        [ApiKey.DescribeAcls] = async (harness, _) =>
        {
            var described = await harness.AskAsync(new DescribeAclsRequest(Everything));
            Assert.Equal((ErrorCode.ClusterAuthorizationFailed, 0), (described.Error, described.Resources.Count));
        },
        [ApiKey.CreateAcls] = async (harness, _) => Assert.Equal(
            ErrorCode.ClusterAuthorizationFailed,
            (await harness.AskAsync(new CreateAclsRequest([new(Allow("*", AclOperation.All))]))).Results[0].Error),
        [ApiKey.DeleteAcls] = async (harness, _) => Assert.Equal(
            ErrorCode.ClusterAuthorizationFailed,
            (await harness.AskAsync(new DeleteAclsRequest([new(Everything)]))).Results[0].Error),
        [ApiKey.DescribeUserScramCredentials] = async (harness, _) =>
        {
            var described = await harness.AskAsync(new DescribeUserScramCredentialsRequest(null));
            Assert.Equal((ErrorCode.ClusterAuthorizationFailed, 0), (described.Error, described.Users.Count));
        },
        [ApiKey.AlterUserScramCredentials] = async (harness, _) => Assert.Equal(
            ErrorCode.ClusterAuthorizationFailed,
            (await harness.AskAsync(new AlterUserScramCredentialsRequest([new("alice", ScramMechanism.Sha256)], [])))
            .Users[0].Error),
    };

    private static AclFilter Everything => new(
        AclResourceType.Any, null, AclPatternType.Any, null, null, AclOperation.Any, AclPermission.Any);

    public static TheoryData<ApiKey> EveryApi() => [.. ApiVersions.All.Select(support => support.Key)];

    [Theory]
    [MemberData(nameof(EveryApi))]
    public async Task Whoever_may_do_nothing_gets_nothing_and_learns_nothing(ApiKey key)
    {
        var id = await CreateTopicAsync(Secret);
        await ProduceAsync(Secret, 1);
        var log = new RecordingLogs();

        await s_refusals[key](OpenAsync(log), id);

        var topics = (await Cluster.Topics.ListAsync(default)).Where(topic => !topic.IsInternal);
        Assert.Equal([Secret], topics.Select(topic => topic.Name));
        Assert.DoesNotContain(log.Lines, line => line.EndsWith("done.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Groups_are_listed_for_those_who_may_see_them()
    {
        await CreateTopicAsync(Secret);
        var commit = new OffsetCommitRequest(Group, -1, "", null, -1, [new(Secret, [new(0, 1, -1, null)])]);
        await Harness.AskAsync(new FindCoordinatorRequest(FindCoordinatorRequest.Group, [Group]));
        while ((await Harness.AskAsync(commit)).Topics[0].Partitions[0].Error != ErrorCode.None)
        {
            await Task.Yield(); // The coordinator is being loaded.
        }

        var harness = OpenAsync(new RecordingLogs());
        Assert.Empty((await harness.AskAsync(new ListGroupsRequest([], []))).Groups);
        var rule = Allow(Group, AclOperation.Describe) with { ResourceType = AclResourceType.Group };
        await Cluster.Security.CreateAclsAsync([rule], default);
        Assert.Single((await harness.AskAsync(new ListGroupsRequest([], []))).Groups);
        var fetched = await harness.AskAsync(new OffsetFetchRequest([new(Group, [new(Secret, [0])])]));
        Assert.Equal(
            (ErrorCode.TopicAuthorizationFailed, -1),
            (fetched.Groups[0].Topics[0].Partitions[0].Error, fetched.Groups[0].Topics[0].Partitions[0].Offset));
    }

    [Fact]
    public async Task A_rule_opens_what_it_names_and_no_more()
    {
        await CreateTopicAsync(Secret);
        await CreateTopicAsync("open");
        await ProduceAsync("open", 1);
        await Cluster.Security.CreateAclsAsync([Allow("open", AclOperation.Read)], default);
        var harness = OpenAsync(new RecordingLogs());

        Assert.Equal(ErrorCode.None, (await FetchAsync(harness, "open", default, version: 12)).Error);
        var metadata = await harness.AskAsync(new MetadataRequest(
            null, AllowAutoTopicCreation: false, IncludeTopicAuthorizedOperations: true));
        Assert.Equal(
            [("open", (1 << (int)AclOperation.Read) | (1 << (int)AclOperation.Describe))],
            metadata.Topics.Select(topic => (topic.Name!, topic.AuthorizedOperations)));
        Assert.Equal(ErrorCode.TopicAuthorizationFailed, (await DeleteAsync(harness, new("open", default))).Error);

        await Cluster.Security.DeleteAclsAsync(Everything, default);
        Assert.Equal(
            ErrorCode.TopicAuthorizationFailed, (await FetchAsync(harness, "open", default, version: 12)).Error);
    }

    [Fact]
    public async Task First_use_creates_a_topic_for_whoever_may_create_it()
    {
        await Cluster.Security.CreateAclsAsync(
            [
                Allow("seen", AclOperation.Describe),
                Allow("made", AclOperation.Describe),
                Allow("made", AclOperation.Create),
            ],
            default);
        var harness = OpenAsync(new RecordingLogs());

        var seen = await DescribeAsync(harness, new("seen", default));
        var made = await DescribeAsync(harness, new("made", default));

        Assert.Equal(ErrorCode.TopicAuthorizationFailed, seen.Topics[0].Error);
        Assert.Equal(ErrorCode.None, made.Topics[0].Error);
        Assert.Equal(["made"], (await Cluster.Topics.ListAsync(default)).Select(topic => topic.Name));
    }

    [Fact]
    public async Task Who_may_write_somewhere_gets_a_producer_id()
    {
        await Cluster.Security.CreateAclsAsync([Allow("open", AclOperation.Write)], default);

        var given = await OpenAsync(new RecordingLogs()).AskAsync(new InitProducerIdRequest(null, 1_000));

        Assert.Equal(ErrorCode.None, given.Error);
    }

    [Fact]
    public async Task Changes_and_refusals_are_recorded_with_who_and_what()
    {
        var log = new RecordingLogs();
        await Cluster.Security.CreateAclsAsync([Allow("open", AclOperation.Create)], default);
        var harness = OpenAsync(log);

        await harness.AskAsync(new CreateTopicsRequest([new("open", 1, 1, [], [])], 1_000, false));
        await DeleteAsync(harness, new("open", default));

        Assert.Equal(
            [
                "OrleansStream.Audit Information: User:eve (tester at 127.0.0.1:50000): create topic 'open' : done.",
                "OrleansStream.Audit Warning: User:eve (tester at 127.0.0.1:50000): delete topic 'open' : "
                    + "TopicAuthorizationFailed.",
            ],
            log.Lines);
    }

    private RouterHarness OpenAsync(RecordingLogs log)
    {
        var harness = new RouterHarness(
            Cluster, securityOptions: new SecurityOptions { Authorize = true }, loggers: log);
        harness.Client.Principal = "User:eve";
        return harness;
    }

    // Whether a topic exists must not show.
    private static async Task EachTopicAsync(Func<string, Task<ErrorCode>> ask)
    {
        Assert.Equal(ErrorCode.TopicAuthorizationFailed, await ask(Secret));
        Assert.Equal(ErrorCode.TopicAuthorizationFailed, await ask(Missing));
    }

    private static async Task IsRefusedAsync(Func<Task<ErrorCode>> ask)
        => Assert.Equal(ErrorCode.GroupAuthorizationFailed, await ask());

    private static async Task<FetchedPartition> FetchAsync(RouterHarness harness, string name, Guid id, int version)
        => (await harness.AskAsync(
            new FetchRequest(-1, 0, 0, 1_000, 0, 0, -1, [new(name, id, [new(0, -1, 0, -1, -1, 1_000)])], [], ""),
            version)).Topics[0].Partitions[0];

    private static async Task<MetadataResponse> DescribeAsync(RouterHarness harness, MetadataRequestTopic topic)
        => await harness.AskAsync(new MetadataRequest([topic], AllowAutoTopicCreation: true));

    private static async Task<DeletedTopic> DeleteAsync(RouterHarness harness, DeletableTopic topic)
        => (await harness.AskAsync(new DeleteTopicsRequest([topic], 1_000))).Topics[0];

    private static async Task<DescribedResource> ShowConfigsAsync(
        RouterHarness harness, ConfigResourceType type, string name)
        => (await harness.AskAsync(new DescribeConfigsRequest([new(type, name, null)]))).Resources[0];

    private static AclBinding Allow(string topic, AclOperation operation) => new(
        AclResourceType.Topic, topic, AclPatternType.Literal, "User:eve", "127.0.0.1", operation, AclPermission.Allow);

    /// <summary>Keeps what is logged.</summary>
    private sealed class RecordingLogs : ILoggerFactory, ILogger
    {
        private string _category = "";

        public List<string> Lines { get; } = [];

        public ILogger CreateLogger(string categoryName)
        {
            _category = categoryName;
            return this;
        }

        public bool IsEnabled(LogLevel logLevel) => true;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter)
            => Lines.Add($"{_category} {logLevel}: {formatter(state, exception)}");

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public void Dispose()
        {
        }
    }
}
