using System.Text;
using OrleansStream.Cli.Records;
using OrleansStream.Client;

namespace OrleansStream.Cli.Tests.Records;

public sealed class RecordParserTests
{
    [Theory]
    [InlineData("k:v", "k", "v")]
    [InlineData("k:v:w", "k", "v:w")]
    [InlineData(":v", "", "v")]
    [InlineData("k:", "k", "")]
    [InlineData("v", null, "v")]
    [InlineData("", null, "")]
    public void The_first_separator_ends_the_key(string line, string? key, string? value)
    {
        var record = Parse(new RecordParser { Topic = "t", KeySeparator = ":" }, line);

        Assert.Equal((key, value), (Text(record.Key), Text(record.Value)));
    }

    [Fact]
    public void An_empty_value_can_stand_for_a_deletion()
    {
        var record = Parse(new RecordParser { Topic = "t", KeySeparator = "\t", EmptyIsNull = true }, "k\t");

        Assert.Equal(("k", null), (Text(record.Key), record.Value));
    }

    [Theory]
    [InlineData("Hex", "6b", "00fFaB", "00FFAB")]
    [InlineData("Base64", "aw==", "AP+r", "00FFAB")]
    [InlineData("Text", "k", "é", "C3A9")]
    [InlineData("Json", "\"k\"", "{\"a\": [1]}", "7B2261223A205B315D7D")]
    public void Values_and_keys_are_decoded(string format, string key, string value, string expectedHex)
    {
        var decoding = Enum.Parse<PayloadFormat>(format);
        var parser = new RecordParser { Topic = "t", KeySeparator = "|", Format = decoding, KeyFormat = decoding };

        var record = Parse(parser, $"{key}|{value}");

        Assert.Equal(expectedHex, Convert.ToHexString(record.Value!.Value.Span));
        Assert.Contains("k", Text(record.Key), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Hex", "abc")]
    [InlineData("Hex", "xy")]
    [InlineData("Base64", "a")]
    [InlineData("Base64", "****")]
    [InlineData("Json", "")]
    [InlineData("Json", "{\"a\":}")]
    [InlineData("Json", "1 2")]
    public void What_is_in_another_format_is_refused(string format, string value)
        => Assert.Throws<FormatException>(
            () => Parse(new RecordParser { Topic = "t", Format = Enum.Parse<PayloadFormat>(format) }, value));

    [Theory]
    [InlineData("[]")]
    [InlineData("nothing")]
    [InlineData("{\"value\":1}")]
    [InlineData("{\"value\":\"v\",\"timestamp\":\"yesterday\"}")]
    [InlineData("{\"value\":\"v\",\"headers\":[{}]}")]
    [InlineData("{\"value\":\"v\",\"headers\":[1]}")]
    [InlineData("{\"value\":\"v\",\"headers\":[{\"name\":1}]}")]
    public void What_is_no_record_is_refused(string line)
        => Assert.Throws<FormatException>(
            () => Parse(new RecordParser { Topic = "t", IsEnvelope = true }, line));

    private static OutgoingRecord Parse(RecordParser parser, string line) => parser.Parse(Encoding.UTF8.GetBytes(line));

    private static string? Text(ReadOnlyMemory<byte>? bytes)
        => bytes is { } there ? Encoding.UTF8.GetString(there.Span) : null;
}
