using OrleansStream.Contracts;
using OrleansStream.Engine.Log;

namespace OrleansStream.Engine.Hosting;

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
        var wanted = query.Kind == OffsetKind.AtTimestamp ? timestamp : FindLargest(plan);
        if (await FindAsync(plan, reads, wanted, cancellationToken).ConfigureAwait(false) is not { } found)
        {
            return new(StreamError.None, -1, -1, -1);
        }

        var epoch = await turn.RunAsync((log, found.Offset), static s => s.log.FindEpoch(s.Offset)).ConfigureAwait(false);
        return new(StreamError.None, found.Offset, found.Timestamp, epoch);
    }

    private static long FindLargest(ReadPlan plan)
    {
        var largest = plan.Segments.Count == 0 ? long.MinValue : plan.Segments.Max(segment => segment.Entry.MaxTimestamp);
        foreach (var piece in plan.Tail!.Pieces)
        {
            largest = Math.Max(largest, TimestampedRecord.FindLargest(piece.Span));
        }

        return largest;
    }

    private static async ValueTask<TimestampedRecord?> FindAsync(
        ReadPlan plan, SegmentReads reads, long timestamp, CancellationToken cancellationToken)
    {
        foreach (var segment in plan.Segments.Where(segment => segment.Entry.MaxTimestamp >= timestamp))
        {
            var batches = await reads.ReadAtTimestampAsync(segment.Entry, timestamp, cancellationToken)
                .ConfigureAwait(false);
            if (TimestampedRecord.Find(batches, timestamp, plan.LogStartOffset) is { } found)
            {
                return found;
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
