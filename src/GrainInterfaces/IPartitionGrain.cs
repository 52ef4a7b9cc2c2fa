using OrleansStream.Contracts;

namespace OrleansStream.GrainInterfaces;

/// <summary>A partition as a grain. Its key is the text of its <see cref="PartitionId"/>.</summary>
[Alias("OrleansStream.IPartitionGrain")]
public interface IPartitionGrain : IPartition, IGrainWithStringKey;
