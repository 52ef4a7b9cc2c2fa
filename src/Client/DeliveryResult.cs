namespace OrleansStream.Client;

/// <summary>Where a record was stored.</summary>
/// <param name="Offset">-1 when the cluster has the record but no longer knows where: a retry of long ago.</param>
/// <param name="Timestamp">The record's: the producer's, or that of the log where the topic wants it.</param>
public readonly record struct DeliveryResult(TopicPartition Partition, long Offset, DateTimeOffset Timestamp);
