using Orleans.Concurrency;
using OrleansStream.Engine.Hosting;
using OrleansStream.GrainInterfaces;

namespace OrleansStream.Grains;

/// <summary>The identity of the cluster, and the ids it hands out to producers.</summary>
/// <remarks>Reentrant, so that nobody waits for another's block of ids. The engine gives each id once.</remarks>
[Reentrant]
[GrainType("cluster")]
internal sealed class ClusterGrain(StoreSupervisor supervisor) : Grain, IClusterGrain
{
    public ValueTask<long> AllocateAsync(CancellationToken cancellationToken)
        => supervisor.ProducerIds.AllocateAsync(cancellationToken);

    public ValueTask<string> GetClusterIdAsync(CancellationToken cancellationToken) => new(supervisor.ClusterId);
}
