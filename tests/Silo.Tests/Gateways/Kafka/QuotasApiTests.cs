using OrleansStream.Contracts;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;
using OrleansStream.Silo.Gateways.Kafka;
using FetchRequest = OrleansStream.Protocols.Kafka.Messages.FetchRequest;

namespace OrleansStream.Silo.Tests.Gateways.Kafka;

public sealed class QuotasApiTests : ClusterTests
{
    private const string Rate = QuotaNames.ProduceByteRate;

    private static readonly QuotaEntityPart[] s_ann = [new("user", "ann")];
    private static readonly QuotaEntityPart[] s_annsApp = [new("user", "ann"), new("client-id", "app")];
    private static readonly QuotaEntityPart[] s_anyClient = [new("client-id", null)];

    [Theory]
    [InlineData("", false, "ann,ann+app,*")]
    [InlineData("", true, "")]
    [InlineData("user=ann", false, "ann,ann+app")]
    [InlineData("user=ann", true, "ann")]
    [InlineData("user=?", true, "ann")]
    [InlineData("user=bob", false, "")]
    [InlineData("client-id=*", false, "*")]
    [InlineData("client-id=?", false, "ann+app,*")]
    [InlineData("client-id=?,user=?", true, "ann+app")]
    public async Task What_filters_fit_is_told(string filters, bool strict, string expected)
    {
        await AlterAsync(s_ann, s_annsApp, s_anyClient);

        var response = await Harness.AskAsync(new DescribeClientQuotasRequest([.. ParseFilters(filters)], strict));

        Assert.Equal((ErrorCode.None, null), (response.Error, response.ErrorMessage));
        Assert.All(response.Entries!, entry => Assert.Equal([new(Rate, 1_000)], entry.Values));
        var names = response.Entries!.Select(
            entry => string.Join('+', entry.Entity.Select(part => part.Name ?? "*")));
        Assert.Equal(expected.Split(',', StringSplitOptions.RemoveEmptyEntries).Order(), names.Order());
    }

    [Theory]
    [InlineData("ip=?")]
    [InlineData("user=?,user=ann")]
    public async Task A_filter_that_makes_no_sense_is_refused(string filters)
    {
        var response = await Harness.AskAsync(new DescribeClientQuotasRequest([.. ParseFilters(filters)], false));

        Assert.Equal(ErrorCode.InvalidRequest, response.Error);
        Assert.Null(response.Entries);
    }

    [Fact]
    public async Task An_entity_that_makes_no_sense_is_refused_and_the_others_are_changed()
    {
        QuotaEntityPart[][] wrong =
            [[], [new("ip", "10.0.0.1")], [new("user", "")], [new("user", "ann"), new("user", null)]];

        var response = await Harness.AskAsync(
            new AlterClientQuotasRequest([.. wrong.Append(s_ann).Select(Limit)], ValidateOnly: false));

        Assert.All(response.Entries.SkipLast(1), entry => Assert.Equal(ErrorCode.InvalidRequest, entry.Error));
        Assert.Equal(ErrorCode.None, response.Entries[^1].Error);
        Assert.Equal(new QuotaEntity("ann", null), Assert.Single(await Cluster.Quotas.ListAsync(default)).Entity);
    }

    [Fact]
    public async Task A_quota_counts_for_the_next_request_and_no_longer_when_it_is_removed()
    {
        var id = await CreateTopicAsync("orders");
        await AlterAsync(s_anyClient);

        // 100,000 bytes are 100 seconds of the rate, of which 10 are free and 30 are the most.
        Assert.Equal(30_000, (await ProduceAsync(new byte[100_000])).ThrottleTimeMs);
        Assert.NotEqual(0, Harness.Client.ThrottledUntil);
        Assert.Equal(0, (await FetchAsync(id)).ThrottleTimeMs);

        await Harness.AskAsync(new AlterClientQuotasRequest(
            [new(s_anyClient, [new(Rate, 0, Remove: true)])], ValidateOnly: false));
        Assert.Equal(0, (await ProduceAsync(new byte[100_000])).ThrottleTimeMs);
    }

    [Fact]
    public async Task A_consumer_gets_no_more_at_once_than_it_may_in_a_while()
    {
        var id = await CreateTopicAsync("orders");
        for (var i = 0; i < 10; i++)
        {
            await ProduceAsync(Batch([.. Enumerable.Range(0, 100).Select(timestamp => (long)timestamp)]));
        }

        var all = await FetchAsync(id);
        Assert.Equal(0, all.ThrottleTimeMs);
        var harness = new RouterHarness(Cluster, quotaOptions: new KafkaQuotaOptions { FetchByteRate = 100 });

        // Ten seconds are saved up, which are less than one batch: it is given all the same, and is waited for.
        var some = await harness.AskAsync(Fetch(id));

        var bytes = some.Topics[0].Partitions[0].Records.LengthBytes;
        Assert.Equal(all.Topics[0].Partitions[0].Records.LengthBytes, 10 * bytes);
        Assert.InRange(some.ThrottleTimeMs, (10 * bytes) - 10_000 - 1_000, (10 * bytes) - 10_000);
    }

    private async Task AlterAsync(params QuotaEntityPart[][] entities)
    {
        var response = await Harness.AskAsync(
            new AlterClientQuotasRequest([.. entities.Select(Limit)], ValidateOnly: false));
        Assert.All(response.Entries, entry => Assert.Equal((ErrorCode.None, null), (entry.Error, entry.ErrorMessage)));
    }

    private static AlterableQuota Limit(QuotaEntityPart[] entity)
        => new(entity, [new QuotaOperation(Rate, 1_000, Remove: false)]);

    private static IEnumerable<QuotaFilter> ParseFilters(string filters)
        => from filter in filters.Split(',', StringSplitOptions.RemoveEmptyEntries)
           let parts = filter.Split('=')
           select parts[1] switch
           {
               "?" => new QuotaFilter(parts[0], QuotaMatch.Any, null),
               "*" => new QuotaFilter(parts[0], QuotaMatch.Default, null),
               _ => new QuotaFilter(parts[0], QuotaMatch.Exact, parts[1]),
           };

    private Task<ProduceResponse> ProduceAsync(ReadOnlyMemory<byte> records)
        => Harness.AskAsync(new ProduceRequest(null, -1, 10_000, [new("orders", [new ProducePartition(0, records)])]));

    private Task<FetchResponse> FetchAsync(Guid id) => Harness.AskAsync(Fetch(id));

    private static FetchRequest Fetch(Guid id) => new(
        -1, 0, 0, 1_000_000, 0, 0, -1, [new("", id, [new FetchPartition(0, -1, 0, -1, -1, 1_000_000)])], [], "");
}
