using OrleansStream.Protocols.Batches;
using OrleansStream.TestKit.Clients;
using OrleansStream.TestKit.Storage;
using Xunit.Abstractions;

namespace OrleansStream.Silo.Tests.RealClients;

/// <summary>The same clients against partitions hosted by grains. Part of builds with Orleans only.</summary>
[Trait("Category", "RealClients")]
public sealed class OrleansEngineTests(ITestOutputHelper output)
{
    private const string Topic = "kcat-orleans";

    private static readonly TimeSpan s_timeout = TimeSpan.FromMinutes(2);

    [FactNeeding("kcat")]
    public async Task Lines_come_back_in_order_and_survive_a_sudden_death_of_the_silo()
    {
        using var data = new TemporaryDirectory();
        var file = await KeyedLines.WriteAsync(data);
        await using (var silo = await StartAsync(data))
        {
            using (var connection = await KafkaConnection.OpenAsync(silo.KafkaAddress))
            {
                await connection.CreateTopicAsync(Topic, KeyedLines.PartitionCount);
            }

            await KcatAsync(silo, "-P", "-t", Topic, "-X", "acks=all", "-K", "\t", "-l", file);
            KeyedLines.AssertComplete(await ConsumeAsync(silo));
            await silo.KillAsync();
        }

        await using var again = await StartAsync(data);
        KeyedLines.AssertComplete(await ConsumeAsync(again));
        await KeyedLines.AssertStoredAsAsync(CompressionCodec.None, again.KafkaAddress, Topic);
        Assert.Equal(0, await again.TerminateAsync());
    }

    private Task<SiloProcess> StartAsync(TemporaryDirectory data)
        => SiloProcess.StartAsync(Path.Combine(data.Path, "data"), output.WriteLine, "--engine", "orleans");

    private static Task<string[]> ConsumeAsync(SiloProcess silo)
        => KcatAsync(silo, "-C", "-t", Topic, "-o", "beginning", "-e", "-f", "%p\t%k\t%s\n");

    private static Task<string[]> KcatAsync(SiloProcess silo, params string[] arguments)
        => ChildProcess.RunAsync(s_timeout, "kcat", ["-q", "-b", silo.KafkaAddress, .. arguments]);
}
