using Microsoft.Extensions.Logging.Abstractions;
using OrleansStream.Contracts;
using OrleansStream.Embedded;
using OrleansStream.Engine.Hosting;
using OrleansStream.TestKit.Contracts;

namespace OrleansStream.AzureStorage.Tests.Azurite;

/// <summary>A cluster on Azurite. A restart does not close it: the next takes the storage from it.</summary>
public sealed class AzureClusterFixture : ClusterFixture
{
    private readonly AzuriteFixture _storage = new();
    private readonly List<LocalCluster> _clusters = [];

    public override ICluster Cluster => _clusters[^1];

    public override async Task OpenAsync()
        => _clusters.Add(await LocalCluster.OpenAsync(
            async _ => await _storage.OpenAsync(transport: null, takeOver: true),
            new EngineOptions(),
            NullLoggerFactory.Instance,
            TimeProvider.System,
            CancellationToken.None));

    public override Task RestartAsync() => OpenAsync();

    public override async ValueTask DisposeAsync()
    {
        foreach (var cluster in Enumerable.Reverse(_clusters))
        {
            await cluster.DisposeAsync();
        }
    }
}
