using System.IO.Pipelines;
using System.Text;
using System.Text.Json;

namespace OrleansStream.Cli.Tests;

public sealed class ProduceConsumeTests(RunningSilo silo) : IClassFixture<RunningSilo>
{
    [Theory]
    [InlineData("none")]
    [InlineData("gzip")]
    [InlineData("snappy")]
    [InlineData("lz4")]
    public async Task Lines_come_back_byte_for_byte_in_every_compression(string compression)
    {
        var topic = $"lines-{compression}";
        var lines = string.Concat(Enumerable.Range(0, 3_000).Select(n => $"k{n % 7}\tline {n} é\r\n")) + "\n\n";

        (await silo.FeedAsync(lines, "produce", topic, "-p", "0", "-K", @"\t", "-z", compression)).Succeeded();

        // The last two lines have no separator, so no key, and print one.
        Assert.Equal(
            lines[..^2] + "\t\n\t\n", await silo.SucceedAsync("consume", topic, "-K", @"\t"));
    }

    [Fact]
    public async Task Records_with_everything_survive_a_copy_through_json()
    {
        const string Records = """
            {"timestamp":"2026-01-31T12:00:00.123Z","key":"\n","headers":[{"name":"h","value":"1"},{"name":"h"}]}
            {"timestamp":"1970-01-01T00:00:00.000Z","value":"\""}
            {"timestamp":"2026-01-31T12:00:00.125Z","key":"","valueBase64":"/wA="}
            {"timestamp":"2026-01-31T12:00:00.126Z","keyBase64":"/w=="}

            """;
        (await silo.FeedAsync(Records, "produce", "copied", "--records", "-p", "0")).Succeeded();

        var first = await silo.SucceedAsync("consume", "copied", "--json");
        (await silo.FeedAsync(first, "produce", "copy", "--records", "-p", "0")).Succeeded();
        var second = await silo.SucceedAsync("consume", "copy", "--json");

        Assert.Equal(first, second.Replace("\"copy\"", "\"copied\"", StringComparison.Ordinal));
        foreach (var (expected, line) in Records.Split('\n').Zip(first.Split('\n')))
        {
            Assert.EndsWith(expected.TrimStart('{'), line, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("hex", "00ff10")]
    [InlineData("base64", "AP8Q")]
    [InlineData("json", "{\"a\": [1, null]}")]
    public async Task Each_format_comes_out_as_it_went_in(string format, string value)
    {
        (await silo.FeedAsync($"{value}\n", "produce", $"format-{format}", "-f", format)).Succeeded();

        Assert.Equal($"{value}\n", await silo.SucceedAsync("consume", $"format-{format}", "-f", format));
        using var record = JsonDocument.Parse(
            await silo.SucceedAsync("consume", $"format-{format}", "-f", format, "--json"));
        Assert.Equal(value, record.RootElement.GetProperty("value") is { ValueKind: JsonValueKind.String } text
            ? text.GetString()
            : record.RootElement.GetProperty("value").GetRawText());
    }

    [Fact]
    public async Task A_bad_line_is_named_and_those_before_it_are_stored()
    {
        var outcome = await silo.FeedAsync("1\n2\nthree:\n4\n", "produce", "bad", "-f", "json");

        Assert.StartsWith("ostream: Line 3: not JSON.", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(5, outcome.ExitCode);
        Assert.Equal("1\n2\n", await silo.SucceedAsync("consume", "bad"));
    }

    [Theory]
    [InlineData("0123456789")]
    [InlineData("789", "--from", "7")]
    [InlineData("89", "--from", "-2")]
    [InlineData("0123456789", "--from", "-99")]
    [InlineData("", "--from", "end")]
    [InlineData("3456789", "--from", "2026-01-01T00:00:03Z")]
    [InlineData("", "--from", "2026-01-01T00:01Z")]
    [InlineData("012", "--count", "3")]
    [InlineData("3", "--key", "k3")]
    [InlineData("56789", "--where", "$>=5")]
    [InlineData("67", "--where", "$>5", "--where", "$<8")]
    [InlineData("56", "--where", "$>=5", "--count", "2")]
    public async Task What_is_printed_can_be_chosen(string expected, params string[] options)
    {
        if ((await silo.RunAsync("topics", "describe", "chosen")).ExitCode != 0)
        {
            var records = string.Concat(Enumerable.Range(0, 10).Select(
                n => $"{{\"timestamp\":\"2026-01-01T00:00:0{n}Z\",\"key\":\"k{n}\",\"value\":\"{n}\"}}\n"));
            (await silo.FeedAsync(records, "produce", "chosen", "--records", "-p", "0")).Succeeded();
        }

        var printed = await silo.SucceedAsync(["consume", "chosen", .. options]);

        Assert.Equal(expected, printed.Replace("\n", "", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Following_waits_for_records_to_come()
    {
        await silo.SucceedAsync("topics", "create", "followed");
        var following = silo.RunAsync("consume", "followed", "--follow", "--from", "beginning", "--count", "2");

        (await silo.FeedAsync("one\n", "produce", "followed")).Succeeded();
        (await silo.FeedAsync("two\n", "produce", "followed")).Succeeded();

        Assert.Equal("one\ntwo\n", (await following).Succeeded());
    }

    [Fact]
    public async Task Stopped_while_it_waits_for_input_it_has_stored_what_it_got()
    {
        await silo.SucceedAsync("topics", "create", "typed");
        var typing = new Pipe();
        using var stop = new CancellationTokenSource();
        var producing = silo.RunAsync(typing.Reader.AsStream(), ["produce", "typed"], stop.Token);
        await typing.Writer.WriteAsync(Encoding.UTF8.GetBytes("one\ntwo\n"));
        Assert.Equal("one\ntwo\n", await silo.SucceedAsync(
            "consume", "typed", "--follow", "--from", "beginning", "--count", "2"));

        await stop.CancelAsync();

        var outcome = await producing;
        Assert.Equal(130, outcome.ExitCode);
        Assert.StartsWith("2 records", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Json_says_how_much_was_sent()
    {
        var outcome = await silo.FeedAsync("a\nbc\n", "produce", "counted", "--json");

        using var document = JsonDocument.Parse(outcome.Succeeded());
        Assert.Equal(2, document.RootElement.GetProperty("records").GetInt64());
        Assert.Equal(5, document.RootElement.GetProperty("bytes").GetInt64());
        Assert.Equal("", outcome.Error);
    }
}
