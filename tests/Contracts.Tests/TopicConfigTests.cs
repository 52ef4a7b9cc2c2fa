namespace OrleansStream.Contracts.Tests;

public sealed class TopicConfigTests
{
    [Fact]
    public void Without_values_of_its_own_a_topic_has_the_defaults_of_Kafka()
    {
        var config = TopicConfig.Default;

        Assert.Equal(TimeSpan.FromDays(7), config.Retention);
        Assert.Null(config.RetentionBytes);
        Assert.Equal(1_048_588, config.MaxBatchBytes);
        Assert.Equal(TimestampType.CreateTime, config.TimestampType);
        Assert.Equal(Durability.Flushed, config.Durability);
        Assert.False(config.IsCompacted);
        Assert.Equal((0, long.MaxValue), (config.MinCompactionLag, config.MaxCompactionLag));
        Assert.Equal((86_400_000, 0.5), (config.DeleteRetention, config.MinCleanableDirtyRatio));
    }

    [Theory]
    [InlineData("retention.ms", "-1")]
    [InlineData("retention.ms", "9223372036854775807")]
    public void A_retention_beyond_all_time_is_no_limit(string name, string value)
        => Assert.Null(Parse(name, value).Retention);

    [Theory]
    [InlineData("retention.ms", "-2")]
    [InlineData("retention.ms", "soon")]
    [InlineData("retention.ms", "1e3")]
    [InlineData("segment.bytes", "1023")]
    [InlineData("max.message.bytes", "104857601")]
    [InlineData("cleanup.policy", "compact,shrink")]
    [InlineData("cleanup.policy", "")]
    [InlineData("min.cleanable.dirty.ratio", "1.1")]
    [InlineData("min.cleanable.dirty.ratio", "NaN")]
    [InlineData("max.compaction.lag.ms", "0")]
    [InlineData("compression.type", "gzip")]
    [InlineData("message.timestamp.type", "createtime")]
    [InlineData("min.insync.replicas", "2")]
    [InlineData("durability", "")]
    public void A_value_that_is_not_allowed_is_named_with_its_configuration(string name, string value)
    {
        var fault = Assert.Throws<FormatException>(() => Parse(name, value));

        Assert.Contains(name, fault.Message, StringComparison.Ordinal);
        Assert.Contains($"'{value}'", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("delete", false, true)]
    [InlineData("compact", true, false)]
    [InlineData("compact,delete", true, true)]
    [InlineData("delete, compact", true, true)]
    public void Only_where_old_data_is_deleted_has_it_a_limit(string policy, bool isCompacted, bool isLimited)
    {
        var config = TopicConfig.Parse(new Dictionary<string, string>
        {
            ["cleanup.policy"] = policy,
            ["retention.bytes"] = "1",
        });

        Assert.Equal(
            (isCompacted, isLimited, isLimited),
            (config.IsCompacted, config.Retention is not null, config.RetentionBytes is not null));
    }

    [Fact]
    public void The_longest_lag_is_no_shorter_than_the_shortest()
        => Assert.Throws<FormatException>(() => TopicConfig.Parse(new Dictionary<string, string>
        {
            ["min.compaction.lag.ms"] = "1000",
            ["max.compaction.lag.ms"] = "999",
        }));

    [Fact]
    public void An_unknown_configuration_is_named()
        => Assert.Contains(
            "retention.hours",
            Assert.Throws<FormatException>(() => Parse("retention.hours", "1")).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Every_default_is_an_allowed_value()
    {
        foreach (var definition in TopicConfig.Definitions)
        {
            Parse(definition.Name, definition.Default);
        }
    }

    private static TopicConfig Parse(string name, string value)
        => TopicConfig.Parse(new Dictionary<string, string> { [name] = value });
}
