using OrleansStream.Contracts;
using Xunit;

namespace OrleansStream.TestKit.Contracts;

/// <summary>Creating, changing and deleting topics.</summary>
public abstract class TopicContract<TFixture> : ClusterContract<TFixture>
    where TFixture : ClusterFixture, new()
{
    private static readonly Dictionary<string, string> s_noConfigs = [];

    [Fact]
    public async Task A_created_topic_is_found_by_name_by_id_and_in_the_list()
    {
        var topic = await CreateTopicAsync("orders", 3, ("max.message.bytes", "2000"));

        Assert.Equal(("orders", 3, "2000"), (topic.Name, topic.PartitionCount, topic.Configs["max.message.bytes"]));
        Assert.Equal(topic.Id, (await Topics.FindAsync("orders", None))?.Id);
        Assert.Equal("orders", (await Topics.FindByIdAsync(topic.Id, None))?.Name);
        Assert.Equal([topic.Id], (await Topics.ListAsync(None)).Select(listed => listed.Id));
    }

    [Fact]
    public async Task Topics_are_listed_by_name()
    {
        foreach (var name in new[] { "b", "a", "B", "a.1" })
        {
            await CreateTopicAsync(name);
        }

        Assert.Equal(["B", "a", "a.1", "b"], (await Topics.ListAsync(None)).Select(topic => topic.Name));
    }

    [Fact]
    public async Task A_topic_that_was_never_created_is_not_found()
    {
        Assert.Null(await Topics.FindAsync("orders", None));
        Assert.Null(await Topics.FindByIdAsync(Guid.NewGuid(), None));
        Assert.Empty(await Topics.ListAsync(None));
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("two words")]
    [InlineData("größe")]
    [InlineData("slash/")]
    public async Task A_name_that_breaks_the_rules_is_refused(string name)
        => Assert.Equal(
            StreamError.InvalidTopicName, (await Topics.CreateAsync(new(name, 1, s_noConfigs), None)).Error);

    [Theory]
    [InlineData(249, StreamError.None)]
    [InlineData(250, StreamError.InvalidTopicName)]
    public async Task A_name_has_a_longest_length(int length, StreamError expected)
        => Assert.Equal(
            expected, (await Topics.CreateAsync(new(new string('a', length), 1, s_noConfigs), None)).Error);

    [Theory]
    [InlineData("a.b", StreamError.TopicExists)]
    [InlineData("a_b", StreamError.InvalidTopicName)]
    public async Task A_name_that_is_taken_or_too_much_like_another_is_refused(string name, StreamError expected)
    {
        await CreateTopicAsync("a.b");

        Assert.Equal(expected, (await Topics.CreateAsync(new(name, 1, s_noConfigs), None)).Error);
    }

    [Fact]
    public async Task Of_many_creations_of_one_name_one_succeeds()
    {
        var creations = Enumerable.Range(0, 10)
            .Select(_ => Topics.CreateAsync(new("orders", 1, s_noConfigs), None).AsTask());

        var errors = (await Task.WhenAll(creations)).Select(reply => reply.Error).ToArray();

        Assert.Equal(1, errors.Count(error => error == StreamError.None));
        Assert.Equal(9, errors.Count(error => error == StreamError.TopicExists));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-2)]
    [InlineData(1_000_000)]
    public async Task A_senseless_number_of_partitions_is_refused(int partitions)
        => Assert.Equal(
            StreamError.InvalidPartitionCount,
            (await Topics.CreateAsync(new("orders", partitions, s_noConfigs), None)).Error);

    [Fact]
    public async Task A_creation_that_only_validates_creates_nothing()
    {
        var reply = await Topics.CreateAsync(new("orders", 2, s_noConfigs, ValidateOnly: true), None);

        Assert.Equal((StreamError.None, 2), (reply.Error, reply.Topic?.PartitionCount));
        Assert.Null(await Topics.FindAsync("orders", None));
    }

    [Theory]
    [InlineData("no.such.config", "1")]
    [InlineData("max.message.bytes", "many")]
    public async Task A_config_that_is_unknown_or_out_of_range_is_refused(string name, string value)
    {
        var configs = new Dictionary<string, string> { [name] = value };

        Assert.Equal(StreamError.InvalidConfig, (await Topics.CreateAsync(new("orders", 1, configs), None)).Error);
        Assert.Null(await Topics.FindAsync("orders", None));
    }

    [Fact]
    public async Task A_changed_config_applies_to_the_next_append()
    {
        var partition = await CreatePartitionAsync();
        await AppendAsync(partition, SampleBatch.OfLength(5_000));

        await AlterAsync(new ConfigChange("max.message.bytes", "1000"));
        var refused = await partition.AppendAsync(new(SampleBatch.OfLength(5_000), Acks.All, LongWait), None);
        await AlterAsync(new ConfigChange("max.message.bytes", null));

        Assert.Equal(StreamError.BatchTooLarge, refused.Error);
        Assert.Equal(1, await AppendAsync(partition, SampleBatch.OfLength(5_000)));
    }

    [Fact]
    public async Task Of_several_config_changes_all_are_made_or_none()
    {
        await CreateTopicAsync("topic");

        var reply = await Topics.AlterConfigsAsync(
            "topic", [new("max.message.bytes", "1000"), new("no.such.config", "1")], validateOnly: false, None);

        Assert.Equal(StreamError.InvalidConfig, reply.Error);
        Assert.DoesNotContain("max.message.bytes", (await Topics.FindAsync("topic", None))!.Configs.Keys);
    }

    [Fact]
    public async Task Partitions_can_be_added_and_used()
    {
        var topic = await CreateTopicAsync("orders", 2);

        var reply = await Topics.AddPartitionsAsync("orders", 3, validateOnly: false, None);

        Assert.Equal((StreamError.None, topic.Id, 3), (reply.Error, reply.Topic!.Id, reply.Topic.PartitionCount));
        Assert.Equal(0, await AppendAsync(await FindPartitionAsync("orders", 2), SampleBatch.Of(1)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Partitions_cannot_be_taken_away(int count)
    {
        await CreateTopicAsync("orders", 2);

        var reply = await Topics.AddPartitionsAsync("orders", count, validateOnly: false, None);

        Assert.Equal(StreamError.InvalidPartitionCount, reply.Error);
        Assert.Equal(2, (await Topics.FindAsync("orders", None))!.PartitionCount);
    }

    [Fact]
    public async Task A_deleted_topic_is_gone_with_its_partitions()
    {
        var partition = await CreatePartitionAsync();
        await AppendAsync(partition, SampleBatch.Of(1));

        var reply = await Topics.DeleteAsync("topic", None);

        Assert.Equal(StreamError.None, reply.Error);
        Assert.Null(await Topics.FindAsync("topic", None));
        Assert.Equal(
            StreamError.UnknownTopicOrPartition,
            (await partition.AppendAsync(new(SampleBatch.Of(2), Acks.All, LongWait), None)).Error);
    }

    [Fact]
    public async Task A_recreated_topic_has_another_id_and_an_empty_log()
    {
        var first = await CreateTopicAsync("orders");
        await AppendAsync(await FindPartitionAsync("orders"), SampleBatch.Of(1, 2, 3));
        await Topics.DeleteAsync("orders", None);

        var second = await CreateTopicAsync("orders");

        Assert.NotEqual(first.Id, second.Id);
        Assert.Equal(0, await AppendAsync(await FindPartitionAsync("orders"), SampleBatch.Of(1)));
    }

    [Fact]
    public async Task A_topic_that_does_not_exist_cannot_be_changed()
    {
        Assert.Equal(StreamError.UnknownTopicOrPartition, (await Topics.DeleteAsync("orders", None)).Error);
        Assert.Equal(
            StreamError.UnknownTopicOrPartition,
            (await Topics.AddPartitionsAsync("orders", 2, validateOnly: false, None)).Error);
        Assert.Equal(
            StreamError.UnknownTopicOrPartition,
            (await Topics.AlterConfigsAsync("orders", [new("retention.ms", "-1")], validateOnly: false, None)).Error);
    }

    private async Task AlterAsync(ConfigChange change)
        => Assert.Equal(
            StreamError.None, (await Topics.AlterConfigsAsync("topic", [change], validateOnly: false, None)).Error);
}
