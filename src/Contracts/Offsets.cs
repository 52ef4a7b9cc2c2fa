namespace OrleansStream.Contracts;

/// <summary>Which offset is looked for.</summary>
[GenerateSerializer, Alias("OrleansStream.OffsetKind")]
public enum OffsetKind
{
    /// <summary>The log start offset.</summary>
    Earliest,

    /// <summary>The high watermark.</summary>
    Latest,

    /// <summary>The first record whose timestamp is at least the given one.</summary>
    AtTimestamp,

    /// <summary>The first record with the largest timestamp in the log.</summary>
    MaxTimestamp,
}

/// <summary>Looks for an offset.</summary>
/// <param name="Timestamp">Milliseconds since 1970; only for <see cref="OffsetKind.AtTimestamp"/>.</param>
/// <param name="LeaderEpoch">The epoch the caller believes to be current; -1 to skip the check.</param>
[GenerateSerializer, Immutable, Alias("OrleansStream.OffsetQuery")]
public readonly record struct OffsetQuery(
    [property: Id(0)] OffsetKind Kind,
    [property: Id(1)] long Timestamp = -1,
    [property: Id(2)] int LeaderEpoch = -1);

/// <summary>The offset found.</summary>
/// <param name="Offset">-1 when no record qualifies.</param>
/// <param name="Timestamp">The record's timestamp where the query was by timestamp, else -1.</param>
/// <param name="LeaderEpoch">The epoch in which the record at the offset was written; -1 when unknown.</param>
[GenerateSerializer, Immutable, Alias("OrleansStream.OffsetReply")]
public readonly record struct OffsetReply(
    [property: Id(0)] StreamError Error,
    [property: Id(1)] long Offset,
    [property: Id(2)] long Timestamp,
    [property: Id(3)] int LeaderEpoch);

/// <summary>Asks where an epoch ended, so that a client can tell whether records it read were lost.</summary>
/// <param name="Epoch">The epoch asked about.</param>
/// <param name="LeaderEpoch">The epoch the caller believes to be current; -1 to skip the check.</param>
[GenerateSerializer, Immutable, Alias("OrleansStream.EpochEndQuery")]
public readonly record struct EpochEndQuery([property: Id(0)] int Epoch, [property: Id(1)] int LeaderEpoch = -1);

/// <summary>
/// The largest epoch not above the one asked about, and the offset after its last record; -1 and -1 if none.
/// </summary>
[GenerateSerializer, Immutable, Alias("OrleansStream.EpochEndReply")]
public readonly record struct EpochEndReply(
    [property: Id(0)] StreamError Error,
    [property: Id(1)] int Epoch,
    [property: Id(2)] long EndOffset);

/// <summary>The log start offset after a deletion of records.</summary>
[GenerateSerializer, Immutable, Alias("OrleansStream.DeleteRecordsReply")]
public readonly record struct DeleteRecordsReply(
    [property: Id(0)] StreamError Error,
    [property: Id(1)] long LogStartOffset);

/// <summary>Where a partition stands.</summary>
/// <param name="SizeBytes">The bytes of all batches from the log start to the end.</param>
[GenerateSerializer, Immutable, Alias("OrleansStream.PartitionStatus")]
public readonly record struct PartitionStatus(
    [property: Id(0)] StreamError Error,
    [property: Id(1)] int LeaderEpoch,
    [property: Id(2)] long LogStartOffset,
    [property: Id(3)] long HighWatermark,
    [property: Id(4)] long LogEndOffset,
    [property: Id(5)] long SizeBytes);
