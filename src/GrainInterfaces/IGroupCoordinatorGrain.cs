using OrleansStream.Contracts;

namespace OrleansStream.GrainInterfaces;

/// <summary>
/// The groups that one partition holds, as a grain. Its key is the text of the <see cref="PartitionId"/>.
/// </summary>
[Alias("OrleansStream.IGroupCoordinatorGrain")]
public interface IGroupCoordinatorGrain : IGroupCoordinator, IGrainWithStringKey;
