using OrleansStream.Contracts;

namespace OrleansStream.GrainInterfaces;

/// <summary>A partition as its callers hold it.</summary>
/// <remarks>
/// Waits are cut to what Orleans gives a call, which is 30 seconds by default.
///
/// Calls keep their order where the caller's silo hosts the partition and knows it. Between silos they do not: Orleans
/// hands each message that arrives to the thread pool by itself. A caller that sends several batches before the first
/// is answered must be in the partition's silo.
/// </remarks>
internal sealed class OrleansPartition(IPartitionGrain grain) : IPartition
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(20);

    public ValueTask<AppendReply> AppendAsync(AppendRequest request, CancellationToken cancellationToken)
        => GrainCall.AnswerAsync(
            grain.AppendAsync(request with { Timeout = Cut(request.Timeout) }, cancellationToken),
            AppendReply.Refused);

    public ValueTask<FetchReply> FetchAsync(FetchRequest request, CancellationToken cancellationToken)
        => GrainCall.AnswerAsync(
            grain.FetchAsync(request with { MaxWait = Cut(request.MaxWait) }, cancellationToken),
            static (error, _) => FetchReply.Refused(error));

    public ValueTask<OffsetReply> FindOffsetAsync(OffsetQuery query, CancellationToken cancellationToken)
        => GrainCall.AnswerAsync(
            grain.FindOffsetAsync(query, cancellationToken), static (error, _) => new(error, -1, -1, -1));

    public ValueTask<EpochEndReply> FindEpochEndAsync(EpochEndQuery query, CancellationToken cancellationToken)
        => GrainCall.AnswerAsync(
            grain.FindEpochEndAsync(query, cancellationToken), static (error, _) => new(error, -1, -1));

    public ValueTask<DeleteRecordsReply> DeleteRecordsAsync(long beforeOffset, CancellationToken cancellationToken)
        => GrainCall.AnswerAsync(
            grain.DeleteRecordsAsync(beforeOffset, cancellationToken), static (error, _) => new(error, -1));

    public ValueTask<PartitionStatus> GetStatusAsync(CancellationToken cancellationToken)
        => GrainCall.AnswerAsync(
            grain.GetStatusAsync(cancellationToken), static (error, _) => new(error, -1, -1, -1, -1, -1));

    private static TimeSpan Cut(TimeSpan wait) => wait < LongestWait ? wait : LongestWait;
}
