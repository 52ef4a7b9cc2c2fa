namespace OrleansStream.Repository.Tests.Dependencies;

public sealed class GatewayRuleTests
{
    private const string Gateway = "src/Silo/Gateways/Kafka/Sample.cs";

    [Fact]
    public void Gateways_and_clients_reach_the_service_through_contracts()
        => Violation.AssertNone(RepositoryTree.CSharpFiles.SelectMany(GatewayRule.Check));

    [Theory]
    [InlineData("using OrleansStream.Engine.Log;")]
    [InlineData("using OrleansStream.Embedded;")]
    [InlineData("using static OrleansStream.Engine.Log.Limits;")]
    [InlineData("using Log = OrleansStream.Engine.Log.PartitionLog;")]
    [InlineData("using global::OrleansStream.Grains;")]
    [InlineData("class Sample { OrleansStream.Engine.Log.PartitionLog _log; }")]
    [InlineData("class Sample { void Method() => Engine.Log.PartitionLog.Open(); }")]
    public void A_way_around_contracts_is_found(string text)
        => Assert.Single(GatewayRule.Check(CSharpFile.Parse(Gateway, text)));

    [Theory]
    [InlineData("using OrleansStream.Contracts;")]
    [InlineData("using OrleansStream.Protocols.Kafka;")]
    [InlineData("class Sample { int Method() => options.Engine.Length; }")]
    public void Contracts_and_codecs_are_open_to_gateways(string text)
        => Assert.Empty(GatewayRule.Check(CSharpFile.Parse(Gateway, text)));

    [Fact]
    public void The_host_may_open_the_engine()
        => Assert.Empty(GatewayRule.Check(
            CSharpFile.Parse("src/Silo/Hosting/Sample.cs", "using OrleansStream.Embedded;")));
}
