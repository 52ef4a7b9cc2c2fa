using Microsoft.Extensions.DependencyInjection;
using OrleansStream.Engine.Hosting;

namespace OrleansStream.Grains;

/// <summary>Makes an Orleans silo a host of streams.</summary>
public static class StreamSiloBuilderExtensions
{
    /// <summary>Lets the grains of this silo work on a storage.</summary>
    /// <param name="store">
    /// Stays the caller's, who opens it when the silo runs, or before, and may close it first. Until it is open, calls are
    /// refused with an error that clients retry. All silos of a cluster must be given the same one, and so must live in
    /// one process: nothing keeps two storages from giving one offset twice.
    /// </param>
    public static ISiloBuilder AddStreams(this ISiloBuilder silo, StoreSupervisor store)
    {
        silo.Services.AddSingleton(store);
        return silo;
    }
}
