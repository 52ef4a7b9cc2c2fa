using System.Text;
using OrleansStream.Client.Producing;
using OrleansStream.TestKit;
using OrleansStream.TestKit.Clients;

namespace OrleansStream.Client.Tests.Producing;

public sealed class Murmur2Tests(RunningSilo silo) : IClassFixture<RunningSilo>
{
    // What librdkafka's and the Java client's own tests expect.
    [Theory]
    [InlineData("kafka", 0xd067cf64)]
    [InlineData("giberish123456789", 0x8f552b0c)]
    [InlineData("1234", 0x9fc97b14)]
    [InlineData("234", 0xe7c009ca)]
    [InlineData("34", 0x873930da)]
    [InlineData("4", 0x5a4b5ca1)]
    [InlineData("PreAmbleWillBeRemoved,ThePrePartThatIs", 0x78424f1c)]
    [InlineData("", 0x106e08d9)]
    public void The_hash_is_that_of_other_clients(string key, uint expected)
        => Assert.Equal(expected, Murmur2.Hash(Encoding.UTF8.GetBytes(key)));

    [FactNeeding("python3-confluent-kafka")]
    [Trait("Category", "RealClients")]
    public async Task Ten_thousand_keys_go_to_the_partitions_that_librdkafka_chooses()
    {
        const int PartitionCount = 17;
        var script = Path.Combine(RepositoryRoot.Path, "tests/Client.Tests/python/partitions.py");

        var lines = await ChildProcess.RunAsync(
            TimeSpan.FromMinutes(2), Prerequisite.Python, [script, silo.Address, $"{PartitionCount}"]);

        var chosen = lines.Select(line => line.Split(' '))
            .ToDictionary(parts => parts[0], parts => int.Parse(parts[1]));
        Assert.Equal(10_000, chosen.Count);
        Assert.All(chosen, choice => Assert.Equal(
            choice.Value, Murmur2.Partition(Encoding.UTF8.GetBytes(choice.Key), PartitionCount)));
    }
}
