namespace OrleansStream.Contracts;

/// <summary>
/// One partition of a topic: a log of record batches. The port that gateways and clients call, whoever hosts it.
/// </summary>
/// <remarks>
/// Expected outcomes come back as a <see cref="StreamError"/>. Calls on a partition that does not exist answer
/// <see cref="StreamError.UnknownTopicOrPartition"/>.
/// </remarks>
public interface IPartition
{
    /// <summary>
    /// Gives a batch its place in the log, once: a retry of an idempotent producer gets its first offset again.
    /// </summary>
    ValueTask<AppendReply> AppendAsync(AppendRequest request, CancellationToken cancellationToken);

    /// <summary>Reads batches below the high watermark, waiting for new ones if asked to.</summary>
    ValueTask<FetchReply> FetchAsync(FetchRequest request, CancellationToken cancellationToken);

    ValueTask<OffsetReply> FindOffsetAsync(OffsetQuery query, CancellationToken cancellationToken);

    ValueTask<EpochEndReply> FindEpochEndAsync(EpochEndQuery query, CancellationToken cancellationToken);

    /// <summary>Moves the log start forward, durably, before it answers.</summary>
    /// <param name="beforeOffset">The new log start; -1 for the high watermark.</param>
    ValueTask<DeleteRecordsReply> DeleteRecordsAsync(long beforeOffset, CancellationToken cancellationToken);

    ValueTask<PartitionStatus> GetStatusAsync(CancellationToken cancellationToken);
}
