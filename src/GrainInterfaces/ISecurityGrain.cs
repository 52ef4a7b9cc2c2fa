using OrleansStream.Contracts;

namespace OrleansStream.GrainInterfaces;

/// <summary>
/// The users and rules of the cluster as a grain. There is one; see <see cref="OrleansCluster.GrainKey"/>.
/// </summary>
[Alias("OrleansStream.ISecurityGrain")]
public interface ISecurityGrain : ISecurityStore, IGrainWithStringKey;
