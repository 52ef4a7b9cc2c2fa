using OrleansStream.Contracts;
using OrleansStream.Silo.Gateways.Kafka;

namespace OrleansStream.Silo.Tests.Gateways.Kafka;

public sealed class QuotaTableTests
{
    private const string Any = QuotaEntity.Default;

    // From the most specific, as Kafka documents it, with who shares the rate.
    private static readonly (QuotaEntity Entity, QuotaEntity Holder)[] s_levels =
    [
        (new("ann", "app"), new("ann", "app")),
        (new("ann", Any), new("ann", "app")),
        (new("ann", null), new("ann", null)),
        (new(Any, "app"), new("ann", "app")),
        (new(Any, Any), new("ann", "app")),
        (new(Any, null), new("ann", null)),
        (new(null, "app"), new(null, "app")),
        (new(null, Any), new(null, "app")),
    ];

    [Fact]
    public void The_most_specific_quota_counts_and_is_shared_by_whom_it_names()
    {
        for (var least = 0; least < s_levels.Length; least++)
        {
            var table = Table(s_levels[least..].Select((level, i) => (level.Entity, (double)(least + i + 1))), 99);

            Assert.Equal(new SharedRate(s_levels[least].Holder, least + 1), table.Find("ann", "app"));
        }
    }

    [Fact]
    public void Whom_nothing_names_the_option_limits_by_client_id_or_nothing_does()
    {
        (QuotaEntity, double)[] others = [(new("bob", null), 1), (new(null, "tool"), 2), (new("bob", Any), 3)];

        Assert.Equal(new SharedRate(new(null, "app"), 99), Table(others, 99).Find("ann", "app"));
        Assert.Null(Table(others, null).Find("ann", "app"));
        Assert.Null(Table(others, null).Find("ann", ""));
    }

    private static QuotaTable Table(IEnumerable<(QuotaEntity Entity, double Rate)> rates, double? defaultRate)
        => new(
            rates.Select(rate => new ClientQuota(
                rate.Entity, new Dictionary<string, double> { [QuotaNames.FetchByteRate] = rate.Rate })),
            QuotaNames.FetchByteRate,
            defaultRate);
}
