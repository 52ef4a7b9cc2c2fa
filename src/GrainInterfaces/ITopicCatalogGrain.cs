using OrleansStream.Contracts;

namespace OrleansStream.GrainInterfaces;

/// <summary>The topics of the cluster as a grain. There is one; see <see cref="OrleansCluster.GrainKey"/>.</summary>
[Alias("OrleansStream.ITopicCatalogGrain")]
public interface ITopicCatalogGrain : ITopicCatalog, IGrainWithStringKey;
