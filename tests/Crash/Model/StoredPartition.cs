using OrleansStream.TestKit.Clients;

namespace OrleansStream.Crash.Model;

/// <summary>All that a silo says a partition holds.</summary>
/// <param name="LogStart">As it was when reading began.</param>
/// <param name="EpochEnd">Where the silo says that the epoch seen after the last restart ended.</param>
internal sealed record StoredPartition(
    long LogStart, long HighWatermark, int LeaderEpoch, long EpochEnd, IReadOnlyList<StoredBatch> Batches);
