using OrleansStream.Contracts;
using OrleansStream.Engine.Topics;

namespace OrleansStream.Engine.Tests.Topics;

public sealed class TopicSetTests
{
    private static readonly Guid Id = new("0a0b0c0d-0000-0000-0000-000000000001");
    private static readonly TopicDescription Orders = new("orders.eu", Id, 3, new Dictionary<string, string>());

    private readonly TopicSet _topics = TopicSet.Empty.With(Orders);

    [Fact]
    public void A_topic_is_found_by_name_and_by_id_until_it_is_taken_out()
    {
        Assert.Same(Orders, _topics.Find("orders.eu"));
        Assert.Same(Orders, _topics.FindById(Id));

        var without = _topics.Without(Orders);

        Assert.Null(without.Find("orders.eu"));
        Assert.Null(without.FindById(Id));
        Assert.Empty(without.All);
        Assert.Same(Orders, _topics.Find("orders.eu"));
    }

    [Fact]
    public void Topics_are_listed_by_name_in_ordinal_order()
    {
        var topics = _topics.With(
            Orders with { Name = "a", Id = Guid.NewGuid() }).With(Orders with { Name = "Z", Id = Guid.NewGuid() });

        Assert.Equal(["Z", "a", "orders.eu"], topics.All.Select(topic => topic.Name));
    }

    [Theory]
    [InlineData("orders.eu", StreamError.TopicExists)]
    [InlineData("orders_eu", StreamError.InvalidTopicName)]
    [InlineData("orders eu", StreamError.InvalidTopicName)]
    [InlineData("orders-eu", StreamError.None)]
    public void A_name_is_given_once_and_not_to_one_that_looks_the_same_in_metrics(string name, StreamError expected)
        => Assert.Equal(expected, Create(name).Error);

    [Fact]
    public void A_name_is_free_again_after_a_deletion()
        => Assert.Equal(
            StreamError.None, _topics.Without(Orders).DecideCreate(Request("orders_eu"), Guid.NewGuid(), 1).Error);

    [Theory]
    [InlineData(-1, 4)]
    [InlineData(1, 1)]
    [InlineData(TopicSet.MaxPartitions, TopicSet.MaxPartitions)]
    public void A_topic_gets_the_partitions_asked_for_or_the_default(int asked, int expected)
        => Assert.Equal(expected, _topics.DecideCreate(Request("new", asked), Id, 4).Topic!.PartitionCount);

    [Theory]
    [InlineData(0)]
    [InlineData(-2)]
    [InlineData(TopicSet.MaxPartitions + 1)]
    public void No_other_number_of_partitions_is_allowed(int asked)
        => Assert.Equal(
            StreamError.InvalidPartitionCount, _topics.DecideCreate(Request("new", asked), Id, 4).Error);

    [Fact]
    public void A_configuration_that_is_not_one_is_refused_and_named()
    {
        var reply = _topics.DecideCreate(
            Request("new") with { Configs = new Dictionary<string, string> { ["retention.ms"] = "soon" } }, Id, 1);

        Assert.Equal(StreamError.InvalidConfig, reply.Error);
        Assert.Contains("retention.ms", reply.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Configurations_are_changed_and_removed_all_together()
    {
        var topics = _topics.With(Orders with { Configs = new Dictionary<string, string> { ["retention.ms"] = "1" } });

        var reply = topics.DecideAlter("orders.eu", [new("retention.ms", null), new("retention.bytes", "5")]);

        Assert.Equal(new Dictionary<string, string> { ["retention.bytes"] = "5" }, reply.Topic!.Configs);
    }

    [Theory]
    [InlineData("no.such", "1")]
    [InlineData("no.such", null)]
    [InlineData("durability", "memory")]
    public void What_cannot_be_changed_is_refused(string name, string? value)
        => Assert.Equal(
            StreamError.InvalidConfig,
            _topics.DecideAlter("orders.eu", [new("retention.ms", "5"), new(name, value)]).Error);

    [Fact]
    public void Removing_a_value_that_was_not_set_changes_nothing()
        => Assert.Empty(_topics.DecideAlter("orders.eu", [new("retention.ms", null)]).Topic!.Configs);

    [Theory]
    [InlineData(4, StreamError.None)]
    [InlineData(3, StreamError.InvalidPartitionCount)]
    [InlineData(2, StreamError.InvalidPartitionCount)]
    [InlineData(TopicSet.MaxPartitions + 1, StreamError.InvalidPartitionCount)]
    public void Partitions_only_grow(int count, StreamError expected)
        => Assert.Equal(expected, _topics.DecideAddPartitions("orders.eu", count).Error);

    [Fact]
    public void What_does_not_exist_cannot_be_changed()
    {
        Assert.Equal(StreamError.UnknownTopicOrPartition, _topics.DecideAlter("nobody", []).Error);
        Assert.Equal(StreamError.UnknownTopicOrPartition, _topics.DecideAddPartitions("nobody", 5).Error);
        Assert.Equal(StreamError.UnknownTopicOrPartition, _topics.DecideDelete("nobody").Error);
    }

    private TopicReply Create(string name) => _topics.DecideCreate(Request(name), Guid.NewGuid(), 1);

    private static CreateTopicRequest Request(string name, int partitionCount = 1)
        => new(name, partitionCount, new Dictionary<string, string>());
}
