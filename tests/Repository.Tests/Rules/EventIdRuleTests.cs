namespace OrleansStream.Repository.Tests.Rules;

public sealed class EventIdRuleTests
{
    [Fact]
    public void Every_event_id_is_unique_and_in_its_block()
        => Violation.AssertNone(EventIdRule.Check(
            RepositoryTree.CSharpFiles.Where(file => file.Path.StartsWith("src/", StringComparison.Ordinal))));

    [Theory]
    [InlineData("src/Silo/Program.cs", "1001", 0)]
    [InlineData("src/Silo/Program.cs", "4001", 1)]
    [InlineData("src/Silo/Gateways/Kafka/Handler.cs", "EventId = 4001", 0)]
    [InlineData("src/Silo/Gateways/Kafka/Handler.cs", "eventId: 1001", 1)]
    [InlineData("src/Engine/Hosting/Journals/Journal.cs", "2001", 0)]
    [InlineData("src/Engine/Hosting/Journals/Journal.cs", "Ids.Flush", 1)]
    [InlineData("src/Embedded/LocalCluster.cs", "2101", 0)]
    [InlineData("src/Grains/PartitionGrain.cs", "3001", 0)]
    [InlineData("src/Protocols/Codec.cs", "1001", 1)]
    public void An_event_id_tells_by_its_thousands_where_it_comes_from(string path, string id, int violations)
        => Assert.Equal(violations, EventIdRule.Check([Sample(path, id)]).Count());

    [Fact]
    public void The_second_use_of_an_event_id_is_found()
    {
        var violations = EventIdRule.Check([Sample("src/Silo/A.cs", "1001"), Sample("src/Silo/B.cs", "1001")]);

        Assert.Equal("src/Silo/B.cs", Assert.Single(violations).Path);
    }

    private static CSharpFile Sample(string path, string id)
        => CSharpFile.Parse(path, $"partial class Sample {{ [LoggerMessage({id}, Level = X)] partial void Log(); }}");
}
