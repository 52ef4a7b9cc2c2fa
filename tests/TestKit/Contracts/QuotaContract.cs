using OrleansStream.Contracts;
using Xunit;

namespace OrleansStream.TestKit.Contracts;

/// <summary>Setting, listing and removing quotas.</summary>
public abstract class QuotaContract<TFixture> : ClusterContract<TFixture>
    where TFixture : ClusterFixture, new()
{
    private static readonly QuotaEntity s_anyone = new(QuotaEntity.Default, QuotaEntity.Default);

    [Fact]
    public async Task Quotas_survive_a_restart()
    {
        var strange = new QuotaEntity("größe/?#\\%", new string('c', 1_024));
        await AlterAsync(strange, new(QuotaNames.ProduceByteRate, 0.5), new(QuotaNames.FetchByteRate, 1e12));
        await AlterAsync(s_anyone, new QuotaChange(QuotaNames.FetchByteRate, 3));
        await AlterAsync(strange, new(QuotaNames.ProduceByteRate, null), new(QuotaNames.FetchByteRate, 2));

        await RestartAsync();

        var quotas = (await Cluster.Quotas.ListAsync(None)).ToDictionary(quota => quota.Entity);
        Assert.Equal(2, quotas.Count);
        Assert.Equal(KeyValuePair.Create(QuotaNames.FetchByteRate, 2.0), Assert.Single(quotas[strange].Values));
        Assert.Equal(KeyValuePair.Create(QuotaNames.FetchByteRate, 3.0), Assert.Single(quotas[s_anyone].Values));
    }

    [Fact]
    public async Task An_entity_without_quotas_is_forgotten_and_can_be_removed_twice()
    {
        await AlterAsync(s_anyone, new QuotaChange(QuotaNames.FetchByteRate, 3));
        await AlterAsync(s_anyone, new QuotaChange(QuotaNames.FetchByteRate, null));
        await AlterAsync(s_anyone, new QuotaChange(QuotaNames.FetchByteRate, null));

        Assert.Empty(await Cluster.Quotas.ListAsync(None));
        await RestartAsync();
        Assert.Empty(await Cluster.Quotas.ListAsync(None));
    }

    [Theory]
    [InlineData(QuotaNames.FetchByteRate, 0.0)]
    [InlineData(QuotaNames.FetchByteRate, -1.0)]
    [InlineData(QuotaNames.FetchByteRate, double.NaN)]
    [InlineData(QuotaNames.FetchByteRate, double.PositiveInfinity)]
    [InlineData("request_percentage", 1.0)]
    public async Task Of_changes_with_a_wrong_one_none_is_made(string name, double value)
    {
        var reply = await Cluster.Quotas.AlterAsync(
            s_anyone, [new(QuotaNames.ProduceByteRate, 1), new(name, value)], validateOnly: false, None);

        Assert.Equal(StreamError.InvalidRequest, reply.Error);
        Assert.Contains(name, reply.Message, StringComparison.Ordinal);
        Assert.Empty(await Cluster.Quotas.ListAsync(None));
    }

    [Fact]
    public async Task A_change_that_is_only_validated_changes_nothing()
    {
        QuotaChange[] changes = [new(QuotaNames.ProduceByteRate, 1)];

        Assert.Equal(
            StreamError.None, (await Cluster.Quotas.AlterAsync(s_anyone, changes, validateOnly: true, None)).Error);
        Assert.Equal(
            StreamError.InvalidRequest,
            (await Cluster.Quotas.AlterAsync(default, changes, validateOnly: true, None)).Error);
        Assert.Empty(await Cluster.Quotas.ListAsync(None));
    }

    private async Task AlterAsync(QuotaEntity entity, params QuotaChange[] changes)
        => Assert.Equal(
            new QuotaReply(StreamError.None, null),
            await Cluster.Quotas.AlterAsync(entity, changes, validateOnly: false, None));
}
