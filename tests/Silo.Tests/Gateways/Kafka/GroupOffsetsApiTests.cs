using OrleansStream.Contracts;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;

namespace OrleansStream.Silo.Tests.Gateways.Kafka;

public sealed class GroupOffsetsApiTests
{
    private const string Topic = ScriptedCluster.TopicName;

    private readonly ScriptedGroups _groups = new();
    private readonly ScriptedCluster _cluster;
    private readonly RouterHarness _harness;

    public GroupOffsetsApiTests()
    {
        _cluster = new(partitionCount: 3) { Groups = _groups };
        _harness = new(_cluster);
    }

    [Fact]
    public async Task Offsets_of_partitions_that_exist_are_committed_and_answered_in_order()
    {
        _groups.Committed = new(StreamError.None, [StreamError.None, StreamError.OffsetMetadataTooLarge]);

        var response = await _harness.AskAsync(Commit(
            new("unknown", [new(0, 1, -1, null)]),
            new(Topic, [new(2, 20, 5, "note"), new(3, 30, -1, null), new(0, 10, -1, null)])));

        var asked = Assert.IsType<CommitOffsetsRequest>(_groups.Asked);
        Assert.Equal(new GroupMember("g", 4, "me", "static"), asked.Member);
        Assert.Null(asked.Retention);
        Assert.Equal([new(Id(2), 20, 5, "note"), new(Id(0), 10, -1, "")], asked.Offsets);
        Assert.Equal([new(0, ErrorCode.UnknownTopicOrPartition)], response.Topics[0].Partitions);
        Assert.Equal(
            [
                new(2, ErrorCode.None),
                new(3, ErrorCode.UnknownTopicOrPartition),
                new(0, ErrorCode.OffsetMetadataTooLarge),
            ],
            response.Topics[1].Partitions);
    }

    [Fact]
    public async Task A_commit_that_is_refused_as_a_whole_is_refused_for_each_partition()
    {
        _groups.Committed = new(StreamError.IllegalGeneration, []);

        var response = await _harness.AskAsync(Commit(new PerTopic<OffsetCommitPartition>(
            Topic, [new(0, 1, -1, null), new(9, 1, -1, null)])));

        Assert.Equal(
            [new(0, ErrorCode.IllegalGeneration), new(9, ErrorCode.UnknownTopicOrPartition)],
            response.Topics[0].Partitions);
    }

    [Theory]
    [InlineData(5_000, 5_000)]
    [InlineData(long.MaxValue, 922_337_203_685_477)]
    public async Task Older_versions_say_how_long_an_offset_is_kept(long asked, long kept)
    {
        _groups.Committed = new(StreamError.None, [StreamError.None]);
        var request = Commit(new PerTopic<OffsetCommitPartition>(Topic, [new(0, 1, -1, null)]));

        await _harness.AskAsync(request with { RetentionTimeMs = asked }, version: 4);

        Assert.Equal(
            TimeSpan.FromMilliseconds(kept), Assert.IsType<CommitOffsetsRequest>(_groups.Asked).Retention);
    }

    [Fact]
    public async Task What_is_not_committed_or_does_not_exist_has_no_offset()
    {
        _groups.Offsets = new(StreamError.None, [new(Id(1), 11, 6, "note")]);

        var response = await _harness.AskAsync(new OffsetFetchRequest(
            [new("g", [new(Topic, [0, 1, 7, 0]), new("unknown", [0])], "me", MemberEpoch: 3)]));

        var asked = Assert.IsType<FetchOffsetsRequest>(_groups.Asked);
        Assert.Equal(("g", "me", 3), (asked.GroupId, asked.MemberId, asked.Generation));
        Assert.Equal([Id(0), Id(1)], asked.Partitions!);
        var group = Assert.Single(response.Groups);
        Assert.Equal(
            [Nothing(0), new(1, 11, 6, "note", ErrorCode.None), Nothing(7), Nothing(0)], group.Topics[0].Partitions);
        Assert.Equal([Nothing(0)], group.Topics[1].Partitions);
    }

    [Fact]
    public async Task All_offsets_are_named_by_topics_that_still_exist()
    {
        _groups.Offsets = new(
            StreamError.None,
            [new(Id(2), 22, -1, ""), new(new(Guid.NewGuid(), 0), 5, -1, ""), new(Id(0), 20, -1, "")]);

        var response = await _harness.AskAsync(new OffsetFetchRequest([new("g", Topics: null)]), version: 7);

        Assert.Null(Assert.IsType<FetchOffsetsRequest>(_groups.Asked).Partitions);
        var topic = Assert.Single(response.Groups[0].Topics);
        Assert.Equal(Topic, topic.Name);
        Assert.Equal([(0, 20L), (2, 22L)], topic.Partitions.Select(partition => (partition.Index, partition.Offset)));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 0)]
    [InlineData(9, 0)]
    public async Task A_refusal_is_the_groups_and_in_the_oldest_version_each_partitions(int version, int topicCount)
    {
        _groups.Offsets = new(StreamError.StorageFailed, []);

        var response = await _harness.AskAsync(
            new OffsetFetchRequest([new("g", [new(Topic, [1])])]), version);

        var group = Assert.Single(response.Groups);
        Assert.Equal(topicCount, group.Topics.Count);
        var error = topicCount == 0 ? group.Error : Assert.Single(group.Topics[0].Partitions).Error;
        Assert.Equal(ErrorCode.NotCoordinator, error);
    }

    [Fact]
    public async Task Offsets_are_forgotten_and_the_coordinator_hears_of_which_topics()
    {
        _groups.Committed = new(StreamError.None, [StreamError.GroupSubscribedToTopic, StreamError.None]);

        var response = await _harness.AskAsync(new OffsetDeleteRequest(
            "g", [new("unknown", [0]), new(Topic, [0, 5, 1])]));

        var asked = Assert.IsType<DeleteOffsetsRequest>(_groups.Asked);
        Assert.Equal([Id(0), Id(1)], asked.Partitions);
        Assert.Equal([Topic, Topic], asked.Topics);
        Assert.Equal([new(0, ErrorCode.UnknownTopicOrPartition)], response.Topics[0].Partitions);
        Assert.Equal(
            [
                new(0, ErrorCode.GroupSubscribedToTopic),
                new(5, ErrorCode.UnknownTopicOrPartition),
                new(1, ErrorCode.None),
            ],
            response.Topics[1].Partitions);
    }

    [Fact]
    public async Task Offsets_of_a_group_that_does_not_exist_cannot_be_forgotten()
    {
        _groups.Committed = new(StreamError.GroupIdNotFound, []);

        var response = await _harness.AskAsync(new OffsetDeleteRequest("g", [new(Topic, [0])]));

        Assert.Equal(ErrorCode.GroupIdNotFound, response.Error);
        Assert.Empty(response.Topics);
    }

    private PartitionId Id(int partition) => new(_cluster.Topic.Id, partition);

    private static OffsetFetchedPartition Nothing(int index) => new(index, -1, -1, "", ErrorCode.None);

    private static OffsetCommitRequest Commit(params PerTopic<OffsetCommitPartition>[] topics)
        => new("g", 4, "me", "static", RetentionTimeMs: -1, topics);
}
