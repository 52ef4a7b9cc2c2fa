using Microsoft.Extensions.Logging;
using OrleansStream.Contracts;
using OrleansStream.Engine.Hosting.Segments;
using OrleansStream.Engine.Log;

namespace OrleansStream.Engine.Hosting.Partitions;

/// <summary>Answers reads of one partition from its tail and its segments.</summary>
/// <remarks>
/// Plans in a turn and reads outside of it. What a storage fault keeps from being read is an error that callers retry.
/// </remarks>
/// <param name="historyLoaded">Completes when all segments are known; reads of the last one need not wait.</param>
internal sealed partial class PartitionReader(
    PartitionId id,
    PartitionLog log,
    ITurn turn,
    HighWatermark watermark,
    SegmentReads reads,
    Task historyLoaded,
    ILogger logger)
{
    // A reader gets at least so long for its memory, even when it did not want to wait for records.
    private static readonly TimeSpan MinReadTimeout = TimeSpan.FromSeconds(1);

    /// <summary>What is wrong with the epoch a caller believes in; -1 is never wrong.</summary>
    public StreamError FindEpochFault(int epoch)
        => epoch < 0 || epoch == log.Epoch ? StreamError.None
            : epoch < log.Epoch ? StreamError.FencedLeaderEpoch
            : StreamError.UnknownLeaderEpoch;

    /// <summary>Finds what answers a fetch; the plan is disposed, or read, by the caller.</summary>
    public ValueTask<ReadPlan> PlanAsync(
        in FetchRequest request, long highWatermark, CancellationToken cancellationToken)
        => historyLoaded.IsCompletedSuccessfully
            ? PlanNowAsync(request, highWatermark)
            : PlanOnceKnownAsync(request, highWatermark, cancellationToken);

    /// <summary>Carries a plan out, and takes it over.</summary>
    public async ValueTask<FetchReply> ReadAsync(
        ReadPlan plan, FetchRequest request, long highWatermark, CancellationToken cancellationToken)
    {
        if (plan.Error != StreamError.None)
        {
            return new(plan.Error, plan.LogStartOffset, highWatermark, highWatermark, FetchedRecords.Empty);
        }

        if (plan.Segments.Count == 0)
        {
            var records = plan.Tail is { } tail ? new FetchedRecords(tail.Pieces, tail) : FetchedRecords.Empty;
            return new(StreamError.None, plan.LogStartOffset, highWatermark, highWatermark, records);
        }

        using (plan)
        {
            return await ReadSegmentsAsync(plan, request, highWatermark, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Finds an offset by timestamp.</summary>
    public async ValueTask<OffsetReply> SearchAsync(OffsetQuery query, CancellationToken cancellationToken)
    {
        try
        {
            await historyLoaded.WaitAsync(cancellationToken).ConfigureAwait(false);
            return await TimestampSearch.FindAsync(log, turn, reads, query, watermark.Offset, cancellationToken)
                .ConfigureAwait(false);
        }
        catch (IOException e)
        {
            LogReadFailed(logger, e, id.ToString());
            return new(StreamError.StorageFailed, -1, -1, -1);
        }
    }

    private ValueTask<ReadPlan> PlanNowAsync(in FetchRequest request, long highWatermark)
        => turn.RunAsync(
            (Reader: this, request, highWatermark), static s => s.Reader.Plan(s.request, s.highWatermark));

    private async ValueTask<ReadPlan> PlanOnceKnownAsync(
        FetchRequest request, long highWatermark, CancellationToken cancellationToken)
    {
        if (!await turn.RunAsync((log, request.Offset), static s => s.log.Knows(s.Offset)).ConfigureAwait(false))
        {
            try
            {
                await historyLoaded.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (IOException e)
            {
                LogReadFailed(logger, e, id.ToString());
                return ReadPlan.Nothing(StreamError.StorageFailed, log.LogStartOffset);
            }
        }

        return await PlanNowAsync(request, highWatermark).ConfigureAwait(false);
    }

    private ReadPlan Plan(in FetchRequest request, long highWatermark)
        => FindEpochFault(request.LeaderEpoch) is var fault && fault != StreamError.None
            ? ReadPlan.Nothing(fault, log.LogStartOffset)
            : log.PlanRead(request.Offset, request.MaxBytes, highWatermark);

    private async ValueTask<FetchReply> ReadSegmentsAsync(
        ReadPlan plan, FetchRequest request, long highWatermark, CancellationToken cancellationToken)
    {
        var timeout = request.MaxWait > MinReadTimeout ? request.MaxWait : MinReadTimeout;
        try
        {
            var records = await reads.ReadAsync(plan, request.MaxBytes, timeout, cancellationToken)
                .ConfigureAwait(false);
            return records is null
                ? new(StreamError.TimedOut, plan.LogStartOffset, highWatermark, highWatermark, FetchedRecords.Empty)
                : new(StreamError.None, plan.LogStartOffset, highWatermark, highWatermark, records);
        }
        catch (IOException e)
        {
            LogReadFailed(logger, e, id.ToString());
            return new(
                StreamError.StorageFailed, plan.LogStartOffset, highWatermark, highWatermark, FetchedRecords.Empty);
        }
    }

    [LoggerMessage(2013, LogLevel.Error, "Segments of {Partition} could not be read.")]
    private static partial void LogReadFailed(ILogger logger, Exception exception, string partition);
}
