using OrleansStream.Protocols.Batches;
using OrleansStream.TestKit.Clients;
using OrleansStream.TestKit.Storage;

namespace OrleansStream.Silo.Tests.RealClients;

[Trait("Category", "RealClients")]
public sealed class KcatTests(RunningSilo silo) : IClassFixture<RunningSilo>
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromMinutes(2);

    [TheoryNeeding("kcat")]
    [InlineData("none", CompressionCodec.None)]
    [InlineData("gzip", CompressionCodec.Gzip)]
    [InlineData("snappy", CompressionCodec.Snappy)]
    [InlineData("lz4", CompressionCodec.Lz4)]
    [InlineData("zstd", CompressionCodec.Zstd)]
    public async Task All_lines_come_back_in_order_and_are_stored_as_compressed(string name, CompressionCodec codec)
    {
        using var directory = new TemporaryDirectory();
        var file = await KeyedLines.WriteAsync(directory);
        var topic = $"kcat-{name}";
        using (var connection = await KafkaConnection.OpenAsync(silo.KafkaAddress))
        {
            await connection.CreateTopicAsync(topic, KeyedLines.PartitionCount);
        }

        await KcatAsync("-P", "-t", topic, "-z", name, "-K", "\t", "-l", file);
        var received = await KcatAsync("-C", "-t", topic, "-o", "beginning", "-e", "-f", "%p\t%k\t%s\n");

        KeyedLines.AssertComplete(received);
        await KeyedLines.AssertStoredAsAsync(codec, silo.KafkaAddress, topic);
    }

    private Task<string[]> KcatAsync(params string[] arguments)
        => ChildProcess.RunAsync(s_timeout, "kcat", ["-q", "-b", silo.KafkaAddress, .. arguments]);
}
