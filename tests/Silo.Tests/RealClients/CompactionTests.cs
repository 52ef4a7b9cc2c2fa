using OrleansStream.TestKit;
using OrleansStream.TestKit.Clients;
using OrleansStream.TestKit.Storage;
using Xunit.Abstractions;

namespace OrleansStream.Silo.Tests.RealClients;

[Trait("Category", "RealClients")]
public sealed class CompactionTests(ITestOutputHelper output)
{
    private const int KeyCount = 500;
    private const int LineCount = 50_000;

    private static readonly TimeSpan s_timeout = TimeSpan.FromMinutes(1);

    private static readonly Dictionary<string, string> s_configs = new()
    {
        ["cleanup.policy"] = "compact",
        ["segment.bytes"] = "300000",
        ["min.cleanable.dirty.ratio"] = "0",
    };

    [TheoryNeeding("kcat", "python3-confluent-kafka")]
    [InlineData("none")]
    [InlineData("gzip")]
    [InlineData("snappy")]
    [InlineData("lz4")]
    public async Task Clients_of_a_compacted_topic_read_of_each_key_the_last_record(string codec)
    {
        using var data = new TemporaryDirectory();
        var lines = JsonLines.Take(LineCount).Select((line, i) => $"key-{i % 7 * i % KeyCount}\t{line}").ToArray();
        var file = Path.Combine(data.Path, "lines");
        await File.WriteAllLinesAsync(file, lines);
        await using var silo = await SiloProcess.StartAsync(
            Path.Combine(data.Path, "silo"), output.WriteLine,
            "--set", "Engine:RetentionInterval=00:00:00.100", "--set", "Engine:IdleFlush=00:00:00.100");
        using (var connection = await KafkaConnection.OpenAsync(silo.KafkaAddress))
        {
            await connection.CreateTopicAsync("compacted", partitionCount: 2, s_configs);
        }

        await PythonAsync("produce.py", silo.KafkaAddress, "compacted", codec, file);
        var latest = lines.GroupBy(line => line.Split('\t')[0]).Select(key => key.Last()).Order().ToArray();
        string[] received;
        using var giveUp = new CancellationTokenSource(s_timeout);
        do
        {
            // Each reading takes a while; sooner or later the last of the tail is compacted as well.
            giveUp.Token.ThrowIfCancellationRequested();
            received = await PythonAsync("consume.py", silo.KafkaAddress, "compacted");
            AssertLatest(latest, received);
        }
        while (received.Length > latest.Length);

        Assert.Equal(latest.Length, received.Length);
        AssertLatest(latest, await ChildProcess.RunAsync(
            s_timeout, "kcat", ["-q", "-b", silo.KafkaAddress, "-C", "-t", "compacted", "-e", "-f", "%p\t%k\t%s\n"]));
    }

    // At any time a reader who keeps the last record of each key has the right ones.
    private static void AssertLatest(string[] expected, string[] received)
        => Assert.Equal(
            expected,
            received.Select(line => line.Split('\t', 2)[1])
                .GroupBy(line => line.Split('\t')[0])
                .Select(key => key.Last())
                .Order());

    private static Task<string[]> PythonAsync(string script, params string[] arguments)
        => ChildProcess.RunAsync(
            s_timeout, Prerequisite.Python,
            [Path.Combine(RepositoryRoot.Path, "tests/Silo.Tests/RealClients/python", script), .. arguments]);
}
