using OrleansStream.TestKit.Clients;
using OrleansStream.TestKit.Storage;

namespace OrleansStream.Cli.Tests;

/// <summary>What kcat writes ostream reads, and the other way round.</summary>
public sealed class KcatTests(RunningSilo silo) : IClassFixture<RunningSilo>
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    [TheoryNeeding("kcat")]
    [InlineData("none")]
    [InlineData("gzip")]
    [InlineData("snappy")]
    [InlineData("lz4")]
    public async Task Kcat_reads_what_ostream_wrote(string compression)
    {
        var topic = $"to-kcat-{compression}";
        var records = string.Concat(Numbers().Select(n =>
            $"{{\"timestamp\":\"2026-01-31T12:00:00.{n:000}Z\",\"key\":\"k{n}\",\"value\":\"v{n}\","
            + $"\"headers\":[{{\"name\":\"n\",\"value\":\"{n}\"}}]}}\n"));
        (await silo.FeedAsync(records, "produce", topic, "--records", "-p", "0", "-z", compression)).Succeeded();

        var read = await KcatAsync("-C", "-t", topic, "-e", "-q", "-f", "%T %k %s %h\n");

        Assert.Equal(Numbers().Select(n => $"{1_769_860_800_000 + n} k{n} v{n} n={n}"), read);
    }

    [TheoryNeeding("kcat")]
    [InlineData("none")]
    [InlineData("gzip")]
    [InlineData("snappy")]
    [InlineData("lz4")]
    public async Task Ostream_reads_what_kcat_wrote(string compression)
    {
        var topic = await WriteByKcatAsync(compression);

        var read = await silo.SucceedAsync("consume", topic, "--json");
        var seen = await KcatAsync("-C", "-t", topic, "-e", "-q", "-f", "%o %T\n");

        Assert.Equal(
            Numbers().Select(
                n => $"\"key\":\"k{n}\",\"value\":\"v{n}\",\"headers\":[{{\"name\":\"h\",\"value\":\"x\"}}]"),
            read.TrimEnd().Split('\n').Select(line => line[line.IndexOf("\"key\"", StringComparison.Ordinal)..^1]));
        Assert.Equal(seen, read.TrimEnd().Split('\n').Select(line =>
        {
            using var record = System.Text.Json.JsonDocument.Parse(line);
            var time = record.RootElement.GetProperty("timestamp").GetDateTimeOffset();
            return $"{record.RootElement.GetProperty("offset")} {time.ToUnixTimeMilliseconds()}";
        }));
    }

    [FactNeeding("kcat")]
    public async Task Zstandard_which_nobody_here_decodes_is_refused_with_a_sentence()
    {
        var outcome = await silo.RunAsync("consume", await WriteByKcatAsync("zstd"));

        Assert.Contains("cannot be decompressed", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(4, outcome.ExitCode);
    }

    private static IEnumerable<int> Numbers() => Enumerable.Range(0, 500);

    private async Task<string> WriteByKcatAsync(string compression)
    {
        var topic = $"from-kcat-{compression}";
        using var directory = new TemporaryDirectory();
        var file = Path.Combine(directory.Path, "records");
        await File.WriteAllLinesAsync(file, Numbers().Select(n => $"k{n}:v{n}"));
        await KcatAsync("-P", "-t", topic, "-p", "0", "-K", ":", "-H", "h=x", "-z", compression, "-l", file);
        return topic;
    }

    private Task<string[]> KcatAsync(params string[] arguments)
        => ChildProcess.RunAsync(s_patience, "kcat", ["-b", silo.Address, .. arguments]);
}
