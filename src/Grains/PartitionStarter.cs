using OrleansStream.Contracts;
using OrleansStream.Engine.Hosting;
using OrleansStream.GrainInterfaces;

namespace OrleansStream.Grains;

/// <summary>Activates every partition when the storage has been opened, without waiting for a first call.</summary>
/// <remarks>
/// Retention works on open partitions only. And calls that are the first to a grain may overtake each other, as calls
/// to one that is active in the same silo do not: a producer's batches must not.
/// </remarks>
public sealed class PartitionStarter(IGrainFactory grains)
{
    private const int AtOnce = 64;

    private readonly OrleansCluster _cluster = new(grains);

    /// <summary>Returns when every partition is hosted, or has been refused.</summary>
    public async Task StartAsync(LogStore store, CancellationToken cancellationToken)
    {
        var topics = await store.Topics.ListAsync(cancellationToken);
        await Parallel.ForEachAsync(
            topics.SelectMany(
                topic => Enumerable
                .Range(0, topic.PartitionCount)
                .Select(partition => new PartitionId(topic.Id, partition))),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
            async (id, token) => await _cluster.GetPartition(id).GetStatusAsync(token));
    }
}
