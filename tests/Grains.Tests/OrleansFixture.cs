using Microsoft.Extensions.DependencyInjection;
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
public class OrleansFixture : ClusterFixture
{
    private readonly IStorage _storage;
    private ICluster _cluster = null!;

    public OrleansFixture()
        : this(new MemoryStorage())
    {
    }

    /// <param name="storage">Can be opened again and again, as storages in memory can.</param>
    protected OrleansFixture(IStorage storage) => _storage = storage;

    public override ICluster Cluster => _cluster;

    public InProcessTestCluster Silos { get; private set; } = null!;

    public StoreSupervisor Store { get; private set; } = null!;

    public override async Task OpenAsync()
    {
        Store = new StoreSupervisor(
            _ => Task.FromResult(_storage), GroupClient.Options, NullLoggerFactory.Instance, TimeProvider.System);
        await Store.OpenAsync(default);

        var builder = new InProcessTestClusterBuilder(2);
        builder.Options.ConfigureFileLogging = false;
        builder.ConfigureSilo((_, silo) => silo.Services.AddSingleton(Store));
        Silos = builder.Build();
        await Silos.DeployAsync();
        _cluster = new OrleansCluster(Silos.Client);
    }

    public override async Task RestartAsync()
    {
        await CloseAsync();
        await OpenAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await CloseAsync();
    }

    /// <summary>The service as a gateway in that silo sees it.</summary>
    public static ICluster ClusterIn(InProcessSiloHandle silo)
        => new OrleansCluster(silo.ServiceProvider.GetRequiredService<IGrainFactory>());

    /// <summary>The silo that hosts a partition now.</summary>
    public InProcessSiloHandle FindSilo(PartitionId id)
        => Silos.TryGetGrainContext(IdOf(id), out var grain)
            ? Silos.GetSiloForAddress(grain.Address.SiloAddress!)!
            : throw new InvalidOperationException($"No silo hosts {id}.");

    /// <summary>The grain of a partition.</summary>
    public GrainId IdOf(PartitionId id) => Silos.Client.GetGrain<IPartitionGrain>(id.ToString()).GetGrainId();

    // The silos first: their partitions move out, and the store is closed when nobody uses it.
    private async Task CloseAsync()
    {
        await Silos.DisposeAsync();
        await Store.DisposeAsync();
    }
}
