using OrleansStream.Contracts;

namespace OrleansStream.Engine.Hosting.Partitions;

/// <summary>Stands for a partition that cannot be opened: answers every call with the reason.</summary>
/// <param name="message">For a person to read.</param>
public sealed class RefusingPartition(StreamError error, string message) : IPartition
{
    public ValueTask<AppendReply> AppendAsync(AppendRequest request, CancellationToken cancellationToken)
        => new(AppendReply.Refused(error, message));

    public ValueTask<FetchReply> FetchAsync(FetchRequest request, CancellationToken cancellationToken)
        => new(FetchReply.Refused(error));

    public ValueTask<OffsetReply> FindOffsetAsync(OffsetQuery query, CancellationToken cancellationToken)
        => new(new OffsetReply(error, -1, -1, -1));

    public ValueTask<EpochEndReply> FindEpochEndAsync(EpochEndQuery query, CancellationToken cancellationToken)
        => new(new EpochEndReply(error, -1, -1));

    public ValueTask<DeleteRecordsReply> DeleteRecordsAsync(long beforeOffset, CancellationToken cancellationToken)
        => new(new DeleteRecordsReply(error, -1));

    public ValueTask<PartitionStatus> GetStatusAsync(CancellationToken cancellationToken)
        => new(new PartitionStatus(error, -1, -1, -1, -1, -1));
}
