using OrleansStream.Contracts;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;

namespace OrleansStream.Silo.Tests.Gateways.Kafka;

public sealed class ConfigsApiTests : ClusterTests
{
    [Fact]
    public async Task A_topic_has_every_configuration_its_own_or_the_default()
    {
        await CreateTopicAsync("orders", 1, new CreatableConfig("retention.ms", "1000"));

        var resource = await DescribeAsync(new DescribeConfigsRequest(
            [new(ConfigResourceType.Topic, "orders", ConfigNames: null)], IncludeSynonyms: true));

        Assert.Equal(
            TopicConfig.Definitions.Select(definition => definition.Name),
            resource.Configs.Select(config => config.Name));
        var own = resource.Configs.Single(config => config.Name == "retention.ms");
        Assert.Equal(("1000", ConfigSource.DynamicTopic, ConfigType.Long), (own.Value, own.Source, own.Type));
        Assert.Equal(
            [
                new ConfigSynonym("retention.ms", "1000", ConfigSource.DynamicTopic),
                new ConfigSynonym("retention.ms", "604800000", ConfigSource.Default),
            ],
            own.Synonyms);
        var inherited = resource.Configs.Single(config => config.Name == "retention.bytes");
        Assert.Equal(("-1", ConfigSource.Default), (inherited.Value, inherited.Source));
    }

    [Fact]
    public async Task Only_what_is_asked_for_is_told()
    {
        await CreateTopicAsync("orders");
        var request = new DescribeConfigsRequest(
            [new(ConfigResourceType.Topic, "orders", ["segment.bytes", "no.such.thing"])]);

        var bare = Assert.Single((await DescribeAsync(request)).Configs);
        var full = Assert.Single((await DescribeAsync(request with { IncludeDocumentation = true })).Configs);

        Assert.Equal("segment.bytes", bare.Name);
        Assert.Empty(bare.Synonyms);
        Assert.Null(bare.Documentation);
        Assert.NotEmpty(full.Documentation!);
    }

    [Fact]
    public async Task What_is_asked_for_twice_is_told_once()
    {
        await CreateTopicAsync("orders");
        var resource = new DescribeConfigsResource(ConfigResourceType.Topic, "orders", ConfigNames: null);

        var described = await DescribeAsync(new DescribeConfigsRequest([resource, resource]));

        Assert.Equal("orders", described.Name);
    }

    [Theory]
    [InlineData(ConfigResourceType.Topic, "unknown", ErrorCode.UnknownTopicOrPartition)]
    [InlineData(ConfigResourceType.Broker, "9", ErrorCode.InvalidRequest)]
    [InlineData(ConfigResourceType.Broker, "one", ErrorCode.InvalidRequest)]
    [InlineData(ConfigResourceType.BrokerLogger, "1", ErrorCode.InvalidRequest)]
    public async Task What_does_not_exist_has_no_configuration(ConfigResourceType type, string name, ErrorCode expected)
    {
        var resource = await DescribeAsync(new DescribeConfigsRequest([new(type, name, null)]));

        Assert.Equal((expected, type, name), (resource.Error, resource.Type, resource.Name));
        Assert.NotEmpty(resource.ErrorMessage!);
        Assert.Empty(resource.Configs);
    }

    [Fact]
    public async Task The_node_shows_its_limits_and_cannot_be_changed()
    {
        var described = await DescribeAsync(new DescribeConfigsRequest([new(ConfigResourceType.Broker, "1", null)]));
        var altered = await AlterAsync(
            new AlterableResource(ConfigResourceType.Broker, "1", [new("broker.id", ConfigOperation.Set, "2")]));

        Assert.Equal("104857600", described.Configs.Single(config => config.Name == "socket.request.max.bytes").Value);
        Assert.All(described.Configs, config => Assert.True(config.IsReadOnly));
        Assert.Equal(ErrorCode.InvalidRequest, altered.Error);
    }

    [Fact]
    public async Task The_nodes_together_have_nothing_configured()
    {
        var described = await DescribeAsync(new DescribeConfigsRequest([new(ConfigResourceType.Broker, "", null)]));

        Assert.Equal(ErrorCode.None, described.Error);
        Assert.Empty(described.Configs);
    }

    [Fact]
    public async Task A_value_is_set_and_the_default_comes_back_when_it_is_deleted()
    {
        await CreateTopicAsync("orders", 1, new CreatableConfig("retention.ms", "1000"));

        var altered = await AlterAsync(Topic(
            new("retention.ms", ConfigOperation.Delete, null), new("segment.bytes", ConfigOperation.Set, "2048")));

        Assert.Equal(ErrorCode.None, altered.Error);
        Assert.Equal(
            new Dictionary<string, string> { ["segment.bytes"] = "2048" },
            (await Cluster.Topics.FindAsync("orders", CancellationToken.None))!.Configs);
    }

    [Theory]
    [InlineData("retention.ms", ConfigOperation.Set, "long", ErrorCode.InvalidConfig)]
    [InlineData("no.such.thing", ConfigOperation.Set, "1", ErrorCode.InvalidConfig)]
    [InlineData("no.such.thing", ConfigOperation.Delete, null, ErrorCode.InvalidConfig)]
    [InlineData("cleanup.policy", ConfigOperation.Append, "delete", ErrorCode.InvalidConfig)]
    [InlineData("cleanup.policy", ConfigOperation.Subtract, "delete", ErrorCode.InvalidConfig)]
    [InlineData("retention.ms", ConfigOperation.Set, null, ErrorCode.InvalidRequest)]
    [InlineData("retention.ms", (ConfigOperation)9, "1", ErrorCode.InvalidRequest)]
    public async Task A_change_that_makes_no_sense_is_refused(
        string name, ConfigOperation operation, string? value, ErrorCode expected)
    {
        await CreateTopicAsync("orders");

        var altered = await AlterAsync(
            Topic(new("segment.bytes", ConfigOperation.Set, "2048"), new(name, operation, value)));

        Assert.Equal(expected, altered.Error);
        Assert.NotEmpty(altered.ErrorMessage!);
        Assert.Empty((await Cluster.Topics.FindAsync("orders", CancellationToken.None))!.Configs);
    }

    [Fact]
    public async Task Changes_that_contradict_each_other_are_refused()
    {
        await CreateTopicAsync("orders");
        var change = new AlterableConfig("segment.bytes", ConfigOperation.Set, "2048");

        var twice = await AlterAsync(Topic(change, change));
        var both = await Harness.AskAsync(new IncrementalAlterConfigsRequest([Topic(change), Topic(change)], false));

        Assert.Equal(ErrorCode.InvalidRequest, twice.Error);
        Assert.All(both.Resources, resource => Assert.Equal(ErrorCode.InvalidRequest, resource.Error));
    }

    [Fact]
    public async Task Validation_changes_nothing()
    {
        await CreateTopicAsync("orders");

        var response = await Harness.AskAsync(new IncrementalAlterConfigsRequest(
            [Topic(new AlterableConfig("segment.bytes", ConfigOperation.Set, "2048"))], ValidateOnly: true));

        Assert.Equal(ErrorCode.None, response.Resources[0].Error);
        Assert.Empty((await Cluster.Topics.FindAsync("orders", CancellationToken.None))!.Configs);
    }

    [Fact]
    public async Task A_configuration_is_replaced_as_a_whole()
    {
        await CreateTopicAsync("orders", 1, new CreatableConfig("retention.ms", "1000"));

        var altered = await ReplaceAsync(new ReplacedConfig("segment.bytes", "2048"));

        Assert.Equal((ErrorCode.None, "orders"), (altered.Error, altered.Name));
        Assert.Equal(
            new Dictionary<string, string> { ["segment.bytes"] = "2048" },
            (await Cluster.Topics.FindAsync("orders", CancellationToken.None))!.Configs);
    }

    [Theory]
    [InlineData("no.such.thing", "1", ErrorCode.InvalidConfig)]
    [InlineData("retention.ms", "long", ErrorCode.InvalidConfig)]
    [InlineData("retention.ms", null, ErrorCode.InvalidRequest)]
    public async Task A_replacement_that_makes_no_sense_changes_nothing(string name, string? value, ErrorCode expected)
    {
        await CreateTopicAsync("orders", 1, new CreatableConfig("retention.ms", "1000"));

        Assert.Equal(expected, (await ReplaceAsync(new ReplacedConfig(name, value))).Error);
        Assert.Equal(
            "1000", (await Cluster.Topics.FindAsync("orders", CancellationToken.None))!.Configs["retention.ms"]);
    }

    private static AlterableResource Topic(params AlterableConfig[] changes)
        => new(ConfigResourceType.Topic, "orders", changes);

    private async Task<DescribedResource> DescribeAsync(DescribeConfigsRequest request)
        => Assert.Single((await Harness.AskAsync(request)).Resources);

    private async Task<AlteredResource> AlterAsync(AlterableResource resource)
        => Assert.Single((await Harness.AskAsync(new IncrementalAlterConfigsRequest([resource], false))).Resources);

    private async Task<AlteredResource> ReplaceAsync(params ReplacedConfig[] configs)
        => Assert.Single((await Harness.AskAsync(new AlterConfigsRequest(
            [new(ConfigResourceType.Topic, "orders", configs)], ValidateOnly: false))).Resources);
}
