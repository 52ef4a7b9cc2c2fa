using Microsoft.Extensions.Logging.Abstractions;
using Orleans.TestingHost;
using OrleansStream.Contracts;
using OrleansStream.Engine.Hosting;
using OrleansStream.Engine.Storage;
using OrleansStream.Engine.Storage.Memory;
using OrleansStream.GrainInterfaces;
using OrleansStream.TestKit.Contracts;

namespace OrleansStream.Grains.Tests;

/// <summary>Two silos in this process that share one storage in memory, called by a client outside of both.</summary>
public sealed class OrleansFixture : ClusterFixture
{
    private readonly IStorage _storage;
    private StoreSupervisor _store = null!;
    private ICluster _cluster = null!;

    public OrleansFixture()
        : this(new MemoryStorage())
    {
    }

    /// <param name="storage">Can be opened again and again, as storages in memory can.</param>
    internal OrleansFixture(IStorage storage) => _storage = storage;

    public override ICluster Cluster => _cluster;

    internal InProcessTestCluster Silos { get; private set; } = null!;

    internal IGrainFactory Grains => Silos.Client;

    internal StoreSupervisor Store => _store;

    public override async Task OpenAsync()
    {
        _store = new StoreSupervisor(
            _ => Task.FromResult(_storage), new EngineOptions(), NullLoggerFactory.Instance, TimeProvider.System);
        await _store.OpenAsync(default);

        var builder = new InProcessTestClusterBuilder(2);
        builder.Options.ConfigureFileLogging = false;
        builder.ConfigureSilo((_, silo) => silo.AddStreams(_store));
        Silos = builder.Build();
        await Silos.DeployAsync();
        _cluster = new OrleansCluster(Grains);
    }

    public override async Task RestartAsync()
    {
        await CloseAsync();
        await OpenAsync();
    }

    public override async ValueTask DisposeAsync() => await CloseAsync();

    // The silos first: their partitions move out, and the store is closed when nobody uses it.
    private async Task CloseAsync()
    {
        await Silos.DisposeAsync();
        await _store.DisposeAsync();
    }
}
