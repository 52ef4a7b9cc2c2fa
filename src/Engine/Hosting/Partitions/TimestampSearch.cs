using OrleansStream.Contracts;
using OrleansStream.Engine.Hosting.Segments;
using OrleansStream.Engine.Log;

namespace OrleansStream.Engine.Hosting.Partitions;

/// <summary>Finds the first record at or after a timestamp, or the first with the largest timestamp.</summary>
internal static class TimestampSearch
{
    public static async ValueTask<OffsetReply> FindAsync(
        PartitionLog log,
        ITurn turn,
        SegmentReads reads,
        OffsetQuery query,
        long highWatermark,
        CancellationToken cancellationToken)
    {
        var timestamp = query.Kind == OffsetKind.AtTimestamp ? query.Timestamp : long.MinValue;
        using var plan = await turn.RunAsync(
            (log, timestamp, highWatermark), static s => s.log.PlanSearch(s.timestamp, s.highWatermark))
            .ConfigureAwait(false);
        var wanted = query.Kind == OffsetKind.AtTimestamp
            ? timestamp
            : await FindLargestAsync(plan, reads, cancellationToken).ConfigureAwait(false);
        if (await FindAsync(plan, reads, wanted, cancellationToken).ConfigureAwait(false) is not { } found)
        {
            return new(StreamError.None, -1, -1, -1);
        }

        var epoch = await turn.RunAsync((log, found.Offset), static s => s.log.FindEpoch(s.Offset))
            .ConfigureAwait(false);
        return new(StreamError.None, found.Offset, found.Timestamp, epoch);
    }

    private static async ValueTask<long> FindLargestAsync(
        ReadPlan plan, SegmentReads reads, CancellationToken cancellationToken)
    {
        var largest = long.MinValue;
        foreach (var segment in plan.Segments)
        {
            var inSegment = segment.BaseOffset >= plan.LogStartOffset
                ? segment.Entry.MaxTimestamp
                : await FindLargestAsync(segment, plan.LogStartOffset, reads, cancellationToken).ConfigureAwait(false);
            largest = Math.Max(largest, inSegment);
        }

        foreach (var piece in plan.Tail!.Pieces)
        {
            largest = Math.Max(largest, TimestampedRecord.FindLargest(piece.Span, plan.LogStartOffset));
        }

        return largest;
    }

    // What the segment says of itself counts records before the log start, too.
    private static async ValueTask<long> FindLargestAsync(
        LogSegment segment, long logStartOffset, SegmentReads reads, CancellationToken cancellationToken)
    {
        var largest = long.MinValue;
        var pieces = reads.EnumerateFromTimestampAsync(segment.Entry, long.MinValue, logStartOffset, cancellationToken);
        await foreach (var piece in pieces.ConfigureAwait(false))
        {
            largest = Math.Max(largest, TimestampedRecord.FindLargest(piece.Span, logStartOffset));
        }

        return largest;
    }

    private static async ValueTask<TimestampedRecord?> FindAsync(
        ReadPlan plan, SegmentReads reads, long timestamp, CancellationToken cancellationToken)
    {
        foreach (var segment in plan.Segments.Where(segment => segment.Entry.MaxTimestamp >= timestamp))
        {
            var pieces = reads.EnumerateFromTimestampAsync(
                segment.Entry, timestamp, plan.LogStartOffset, cancellationToken);
            await foreach (var piece in pieces.ConfigureAwait(false))
            {
                if (TimestampedRecord.Find(piece.Span, timestamp, plan.LogStartOffset) is { } found)
                {
                    return found;
                }
            }
        }

        foreach (var piece in plan.Tail!.Pieces)
        {
            if (TimestampedRecord.Find(piece.Span, timestamp, plan.LogStartOffset) is { } found)
            {
                return found;
            }
        }

        return null;
    }
}
