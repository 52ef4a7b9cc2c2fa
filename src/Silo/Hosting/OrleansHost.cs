using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;
using Orleans;
using Orleans.Configuration;
using Orleans.Hosting;
using OrleansStream.Contracts;
using OrleansStream.Engine.Hosting;
using OrleansStream.GrainInterfaces;
using OrleansStream.Grains;

namespace OrleansStream.Silo.Hosting;

/// <summary>Runs the service as Orleans grains in this process, over the storage that the options name.</summary>
/// <remarks>
/// One silo, for good: its membership is known to itself alone, so that no other can join. Two silos on storages of
/// their own would each give a partition its next offset. The silo runs before the storage is opened and after it is
/// closed; meanwhile the grains refuse calls with an error that clients retry.
/// </remarks>
internal sealed class OrleansHost(
    SiloStorage storage, StoreSupervisor store, IGrainFactory grains) : IClusterHost
{
    private const int NoGateway = 0; // Clients come through the gateways of this system, not through Orleans'.

    public ICluster Cluster { get; } = new OrleansCluster(grains);

    /// <summary>Makes the process a silo.</summary>
    public static void AddTo(WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton(CreateStore).AddSingleton<IClusterHost, OrleansHost>();
        builder.UseOrleans(silo => silo
            .UseLocalhostClustering(FindFreePort(), NoGateway)
            .Configure<ClusterOptions>(cluster => cluster.ServiceId = cluster.ClusterId = "orleansstream"));
    }

    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        store.Opened += new PartitionStarter(grains).StartAsync;
        try
        {
            await store.OpenAsync(cancellationToken);
        }
        catch (Exception e) when (SiloStorage.IsUnavailable(e))
        {
            throw storage.CannotOpen(e);
        }
    }

    public Task CloseAsync() => store.DisposeAsync().AsTask();

    private static StoreSupervisor CreateStore(IServiceProvider services)
        => new(
            services.GetRequiredService<SiloStorage>().OpenAsync,
            services.GetRequiredService<IOptions<EngineOptions>>().Value,
            services.GetRequiredService<ILoggerFactory>(),
            services.GetRequiredService<TimeProvider>());

    // Orleans wants a port by its number, though nobody will connect to this one.
    private static int FindFreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
