using OrleansStream.Protocols.Batches;
using OrleansStream.TestKit;
using OrleansStream.TestKit.Clients;
using OrleansStream.TestKit.Storage;

namespace OrleansStream.Silo.Tests.RealClients;

[Trait("Category", "RealClients")]
public sealed class ConfluentPythonTests(RunningSilo silo) : IClassFixture<RunningSilo>
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromMinutes(2);

    [TheoryNeeding("python3-confluent-kafka")]
    [InlineData("none", CompressionCodec.None)]
    [InlineData("gzip", CompressionCodec.Gzip)]
    [InlineData("snappy", CompressionCodec.Snappy)]
    [InlineData("lz4", CompressionCodec.Lz4)]
    [InlineData("zstd", CompressionCodec.Zstd)]
    public async Task An_idempotent_producer_stores_every_line_once(string name, CompressionCodec codec)
    {
        using var directory = new TemporaryDirectory();
        var file = await KeyedLines.WriteAsync(directory);
        var topic = $"python-{name}";

        await PythonAsync("create_topic.py", topic, $"{KeyedLines.PartitionCount}");
        await PythonAsync("produce.py", topic, name, file);
        var received = await PythonAsync("consume.py", topic);

        KeyedLines.AssertComplete(received);
        var stored = await KeyedLines.AssertStoredAsAsync(codec, silo.KafkaAddress, topic);
        Assert.All(stored, batch => Assert.True(batch.Header.HasProducer));
    }

    private Task<string[]> PythonAsync(string script, params string[] arguments)
    {
        var path = Path.Combine(RepositoryRoot.Path, "tests/Silo.Tests/RealClients/python", script);
        return ChildProcess.RunAsync(s_timeout, Prerequisite.Python, [path, silo.KafkaAddress, .. arguments]);
    }
}
