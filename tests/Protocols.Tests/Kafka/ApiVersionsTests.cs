using OrleansStream.Protocols.Kafka;

namespace OrleansStream.Protocols.Tests.Kafka;

public sealed class ApiVersionsTests
{
    // librdkafka decides by these what it may do; without the first two it sends uncompressed and says nothing.
    [Theory]
    [InlineData(ApiKey.Produce, 0)]
    [InlineData(ApiKey.FindCoordinator, 0)]
    [InlineData(ApiKey.Produce, 7)]
    [InlineData(ApiKey.Fetch, 10)]
    [InlineData(ApiKey.Fetch, 4)]
    [InlineData(ApiKey.ListOffsets, 1)]
    [InlineData(ApiKey.InitProducerId, 0)]
    [InlineData(ApiKey.OffsetCommit, 2)]
    [InlineData(ApiKey.OffsetFetch, 1)]
    [InlineData(ApiKey.JoinGroup, 0)]
    [InlineData(ApiKey.SyncGroup, 0)]
    [InlineData(ApiKey.Heartbeat, 0)]
    [InlineData(ApiKey.LeaveGroup, 0)]
    [InlineData(ApiKey.SaslHandshake, 0)]
    [InlineData(ApiKey.SaslHandshake, 1)]
    [InlineData(ApiKey.SaslAuthenticate, 0)]
    public void What_librdkafka_looks_for_is_listed(ApiKey key, short version)
    {
        var support = ApiVersions.Get(key);

        Assert.InRange(version, support.AdvertisedMin, support.Max);
    }

    [Fact]
    public void Produce_is_listed_from_zero_and_served_from_three()
    {
        var support = ApiVersions.Get(ApiKey.Produce);

        Assert.Equal(0, support.AdvertisedMin);
        Assert.False(support.Includes(2));
        Assert.True(support.Includes(3));
    }

    [Fact]
    public void The_table_is_ordered_and_its_ranges_make_sense()
    {
        Assert.Equal(ApiVersions.All.OrderBy(support => support.Key), ApiVersions.All);
        Assert.All(ApiVersions.All, support =>
        {
            Assert.InRange(support.AdvertisedMin, 0, support.Min);
            Assert.InRange(support.FirstFlexible, 0, support.Max + 1);
        });
    }

    [Fact]
    public void An_api_that_is_not_spoken_is_not_found()
    {
        Assert.Null(ApiVersions.Find(ApiKey.WriteTxnMarkers));
        Assert.Throws<ArgumentOutOfRangeException>(() => ApiVersions.Get(ApiKey.WriteTxnMarkers));
    }
}
