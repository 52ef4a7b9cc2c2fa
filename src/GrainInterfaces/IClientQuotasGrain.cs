using OrleansStream.Contracts;

namespace OrleansStream.GrainInterfaces;

/// <summary>The quotas of the cluster as a grain. There is one; see <see cref="OrleansCluster.GrainKey"/>.</summary>
[Alias("OrleansStream.IClientQuotasGrain")]
public interface IClientQuotasGrain : IClientQuotas, IGrainWithStringKey;
