using System.Text;
using OrleansStream.Contracts;
using OrleansStream.Engine.Storage;
using OrleansStream.Engine.Topics;

namespace OrleansStream.Engine.Tests.Topics;

public sealed class TopicRowsTests
{
    private static readonly TopicDescription Topic = new(
        "orders", Guid.NewGuid(), 3, new Dictionary<string, string> { ["retention.ms"] = "5" });

    [Fact]
    public void A_topic_and_a_tombstone_are_read_back_as_they_were_written()
    {
        var (topics, tombstones) = TopicRows.Decode(
        [
            Row(TopicRows.TopicKey(Topic.Name), TopicRows.Encode(Topic)),
            Row(TopicRows.TombstoneKey(Topic.Id), TopicRows.EncodeTombstone(Topic)),
            Row("something-newer", default),
        ]);

        var topic = Assert.Single(topics);
        Assert.Equal((Topic.Name, Topic.Id, Topic.PartitionCount), (topic.Name, topic.Id, topic.PartitionCount));
        Assert.Equal(Topic.Configs, topic.Configs);
        Assert.Equal((Topic.Id, new TombstoneRow("orders", 3)), (tombstones.Single().Key, tombstones.Single().Value));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{\"Id\":5}")]
    public void A_damaged_row_is_named(string value)
    {
        var row = Row(TopicRows.TopicKey("orders"), Encoding.UTF8.GetBytes(value));

        var e = Assert.Throws<InvalidDataException>(() => TopicRows.Decode([row]));

        Assert.Contains(row.RowKey, e.Message, StringComparison.Ordinal);
    }

    private static TableRow Row(string rowKey, ReadOnlyMemory<byte> value)
        => new(TopicRows.PartitionKey, rowKey, value, "1");
}
