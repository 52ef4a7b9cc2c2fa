using OrleansStream.Contracts;

namespace OrleansStream.GrainInterfaces;

/// <summary>
/// What belongs to the cluster as a whole, as a grain. There is one; see <see cref="OrleansCluster.GrainKey"/>.
/// </summary>
[Alias("OrleansStream.IClusterGrain")]
public interface IClusterGrain : IProducerIds, IGrainWithStringKey
{
    /// <summary>Made when the storage was first used; empty until it has been opened.</summary>
    [Alias("GetClusterId")]
    ValueTask<string> GetClusterIdAsync(CancellationToken cancellationToken);
}
