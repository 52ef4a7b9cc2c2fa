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
    [InlineData("cleanup.policy", "compact")]
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
