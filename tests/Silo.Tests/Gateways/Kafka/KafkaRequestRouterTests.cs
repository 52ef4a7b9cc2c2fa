using System.Buffers.Binary;
using OrleansStream.Protocols;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;

namespace OrleansStream.Silo.Tests.Gateways.Kafka;

public sealed class KafkaRequestRouterTests
{
    private readonly RouterHarness _harness = new(new ScriptedCluster(partitionCount: 1));

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Clients_learn_what_is_spoken(int version)
    {
        var response = await _harness.AskAsync(new ApiVersionsRequest("tests", "1.0"), version);

        Assert.Equal(ErrorCode.None, response.Error);
        Assert.Equal(
            ApiVersions.All.Select(support => new ApiVersionRange(support.Key, support.AdvertisedMin, support.Max)),
            response.ApiKeys);
    }

    [Fact]
    public async Task A_client_is_known_by_what_it_says_of_itself()
    {
        await _harness.AskAsync(new ApiVersionsRequest("some-client", "1.2.3"));

        Assert.Equal("tester (some-client 1.2.3) at 127.0.0.1:50000", _harness.Client.ToString());
    }

    [Theory]
    [InlineData("", "1")]
    [InlineData("a b", "1")]
    [InlineData("name", "1.\n")]
    [InlineData("-name", "1")]
    public async Task A_client_that_calls_itself_something_impossible_is_refused(string name, string version)
    {
        var response = await _harness.AskAsync(new ApiVersionsRequest(name, version));

        Assert.Equal(ErrorCode.InvalidRequest, response.Error);
        Assert.Null(_harness.Client.SoftwareName);
    }

    [Fact]
    public async Task ApiVersions_in_a_version_of_the_future_is_answered_in_version_zero()
    {
        using var reply = await _harness.StartAsync(Header(ApiKey.ApiVersions, version: 99));

        var response = RouterHarness.Decode<ApiVersionsResponse>(reply, ApiKey.ApiVersions, version: 0);

        Assert.Equal(ErrorCode.UnsupportedVersion, response.Error);
        Assert.Equal([new ApiVersionRange(ApiKey.ApiVersions, 0, 4)], response.ApiKeys);
    }

    [Theory]
    [InlineData(ApiKey.Metadata, 99)]
    [InlineData(ApiKey.Metadata, -1)]
    [InlineData(ApiKey.Fetch, 3)]
    [InlineData(ApiKey.Produce, 99)]
    [InlineData(ApiKey.ConsumerGroupHeartbeat, 0)]
    [InlineData((ApiKey)9_999, 0)]
    public async Task What_is_not_spoken_ends_the_connection(ApiKey key, short version)
        => await Assert.ThrowsAsync<ProtocolException>(() => _harness.StartAsync(Header(key, version)));

    [Fact]
    public void Every_api_in_the_table_is_answered()
    {
        foreach (var support in ApiVersions.All.Where(support => support.Key != ApiKey.ApiVersions))
        {
            // The body is missing; an API without a case would be called unknown instead.
            var replying = _harness.StartAsync(Header(support.Key, support.Max));

            var thrown = Assert.IsType<ProtocolException>(replying.Exception?.InnerException);
            Assert.DoesNotContain("not served", thrown.Message, StringComparison.Ordinal);
        }
    }

    private static byte[] Header(ApiKey key, short version)
    {
        var bytes = new byte[10];
        BinaryPrimitives.WriteInt16BigEndian(bytes, (short)key);
        BinaryPrimitives.WriteInt16BigEndian(bytes.AsSpan(2), version);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(4), 1);
        BinaryPrimitives.WriteInt16BigEndian(bytes.AsSpan(8), -1);
        return ApiVersions.Find(key)?.IsFlexible(version) == true ? [.. bytes, 0] : bytes;
    }
}
