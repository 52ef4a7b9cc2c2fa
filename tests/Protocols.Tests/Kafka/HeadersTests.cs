using OrleansStream.Protocols.Kafka;

namespace OrleansStream.Protocols.Tests.Kafka;

public sealed class HeadersTests
{
    [Theory]
    [InlineData(ApiKey.Metadata, 8, "0000000b 0003 0008 00000007 0001 63", false)]
    [InlineData(ApiKey.Metadata, 9, "0000000c 0003 0009 00000007 0001 63 00", true)]
    [InlineData(ApiKey.ApiVersions, 3, "0000000c 0012 0003 00000007 0001 63 00", true)]
    public void A_request_header_ends_with_tagged_fields_from_the_first_flexible_version_on(
        ApiKey key, short version, string expected, bool flexible)
    {
        using var writer = new KafkaWriter();
        new RequestHeader(key, version, CorrelationId: 7, ClientId: "c").Write(writer);
        var frame = WireBytes.Frame(writer);
        var reader = new KafkaReader(frame.AsMemory(KafkaFrame.LengthPrefixBytes));

        Assert.Equal(Convert.FromHexString(expected.Replace(" ", "", StringComparison.Ordinal)), frame);
        Assert.Equal(new RequestHeader(key, version, 7, "c"), RequestHeader.Read(ref reader));
        Assert.Equal(flexible, reader.Flexible);
        Assert.Equal(0, reader.RemainingBytes);
    }

    [Theory]
    [InlineData(ApiKey.Metadata, 8, "00000004 00000007")]
    [InlineData(ApiKey.Metadata, 9, "00000005 00000007 00")]
    [InlineData(ApiKey.ApiVersions, 3, "00000004 00000007")]
    public void A_response_header_does_too_but_never_that_of_ApiVersions(ApiKey key, int version, string expected)
    {
        using var writer = new KafkaWriter();
        new ResponseHeader(7).Write(writer, key, version);
        var frame = WireBytes.Frame(writer);
        var reader = new KafkaReader(frame.AsMemory(KafkaFrame.LengthPrefixBytes));

        Assert.Equal(Convert.FromHexString(expected.Replace(" ", "", StringComparison.Ordinal)), frame);
        Assert.Equal(new ResponseHeader(7), ResponseHeader.Read(ref reader, key, version));
        Assert.Equal(version >= ApiVersions.Get(key).FirstFlexible, reader.Flexible);
        Assert.Equal(0, reader.RemainingBytes);
    }

    [Fact]
    public void A_request_of_an_unknown_api_is_refused_by_its_key()
    {
        var thrown = Assert.Throws<ProtocolException>(() =>
        {
            var reader = new KafkaReader(new byte[] { 0x27, 0x0F, 0, 1, 0, 0, 0, 7, 0xFF, 0xFF });
            RequestHeader.Read(ref reader);
        });

        Assert.Contains("9999", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_client_id_may_be_null()
    {
        var reader = new KafkaReader(new byte[] { 0, 3, 0, 1, 0, 0, 0, 7, 0xFF, 0xFF });

        Assert.Null(RequestHeader.Read(ref reader).ClientId);
    }
}
