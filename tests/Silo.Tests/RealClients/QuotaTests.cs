using OrleansStream.TestKit;
using OrleansStream.TestKit.Clients;
using OrleansStream.TestKit.Storage;

namespace OrleansStream.Silo.Tests.RealClients;

[Trait("Category", "RealClients")]
public sealed class QuotaTests
{
    [FactNeeding("python3-confluent-kafka")]
    public async Task A_client_beyond_its_rate_is_told_for_how_long_to_wait_and_loses_nothing()
    {
        using var data = new TemporaryDirectory();
        await using var silo = await SiloProcess.StartAsync(
            data.Path,
            report: null,
            "--set", "Gateways:Kafka:Quotas:ProduceByteRate=100000",
            "--set", "Gateways:Kafka:Quotas:Burst=00:00:01",
            "--set", "Gateways:Kafka:Quotas:MaxThrottle=00:00:02");
        var script = Path.Combine(RepositoryRoot.Path, "tests/Silo.Tests/RealClients/python/produce_throttled.py");

        var output = await ChildProcess.RunAsync(
            TimeSpan.FromMinutes(3), Prerequisite.Python, [script, silo.KafkaAddress, "greedy"]);

        Assert.InRange(int.Parse(Assert.Single(output)), 1, 2_000);
    }
}
