using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using OrleansStream.TestKit;

namespace OrleansStream.Client.Tests.Samples;

public sealed partial class ClientSamplesTests(OpenedCluster cluster) : IClassFixture<OpenedCluster>
{
    [Fact]
    public void The_samples_in_the_document_are_the_ones_that_are_compiled()
    {
        var code = File.ReadAllText(Path.Combine(
            RepositoryRoot.Path, "tests/Client.Tests/Samples/ClientSamples.cs"));
        var document = File.ReadAllText(Path.Combine(RepositoryRoot.Path, "docs/client.md"));
        var samples = Sample().Matches(code).Select(match => Squeeze(match.Groups["code"].Value)).ToArray();
        var shown = Block().Matches(document).Select(match => Squeeze(match.Groups["code"].Value)).ToArray();

        Assert.Equal(6, samples.Length);
        Assert.Equal(samples.Order(), shown.Order());
    }

    [Fact]
    public async Task The_samples_do_what_they_say()
    {
        var topic = await ClientSamples.AdministerAsync(cluster.Client);
        var stored = await ClientSamples.ProduceAsync(cluster.Client);
        using var deadline = new CancellationTokenSource(TestTopics.Patience);

        Assert.Equal(6, topic.Partitions.Count);
        Assert.Equal(0, stored.Offset);
        Assert.Equal(1_001, await ClientSamples.ConsumeAsync(cluster.Client, deadline.Token));
        await cluster.Client.FillAsync("numbers", 1, 1_000);
        Assert.True(await ClientSamples.ConsumeInPlaceAsync(cluster.Client, deadline.Token) >= 1_000);
        Assert.Equal(0, (await ClientSamples.RunInProcessAsync()).Offset);
    }

    [Fact]
    public async Task Options_are_bound_and_checked()
    {
        await using var bound = ClientSamples.Register(Configure("OrleansStream:Client:BootstrapServers", "broker:1"));
        await using var wrong = ClientSamples.Register(Configure("OrleansStream:Producer:BatchBytes", "-1"));

        Assert.Equal("broker:1", bound.GetRequiredService<IOptions<StreamClientOptions>>().Value.BootstrapServers);
        Assert.Same(bound.GetRequiredService<Producer>(), bound.GetRequiredService<Producer>());
        Assert.Throws<OptionsValidationException>(wrong.GetRequiredService<Producer>);
    }

    private static IConfiguration Configure(string key, string value)
        => new ConfigurationBuilder().AddInMemoryCollection([new(key, value)]).Build();

    private static string Squeeze(string code)
        => string.Join('\n', code.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0));

    [GeneratedRegex(@"// <(?<name>\w+)>(?<code>.*?)// </\k<name>>", RegexOptions.Singleline)]
    private static partial Regex Sample();

    [GeneratedRegex(@"```csharp\n(?<code>.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();
}
