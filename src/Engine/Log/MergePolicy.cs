namespace OrleansStream.Engine.Log;

/// <summary>
/// Chooses small adjacent segments to be merged, so that a quiet partition does not end in thousands of files.
/// </summary>
/// <remarks>
/// A merge takes <see cref="FanIn"/> segments of which none is larger than the others together. So a record lies in a
/// segment at least twice as large after each time it is rewritten, and what is left unmerged shrinks so fast from
/// segment to segment that there are never many.
/// </remarks>
public static class MergePolicy
{
    /// <summary>How many segments make a merge; well below the rows one table batch may have.</summary>
    public const int FanIn = 8;

    /// <summary>The segments to merge, adjacent and in order; empty when nothing is worth it.</summary>
    public static IReadOnlyList<LogSegment> Choose(IReadOnlyList<LogSegment> segments, int segmentBytes)
    {
        for (var start = segments.Count - FanIn; start >= 0; start--)
        {
            var (total, largest) = (0L, 0L);
            for (var i = start; i < start + FanIn; i++)
            {
                total += segments[i].Entry.BatchBytes;
                largest = Math.Max(largest, segments[i].Entry.BatchBytes);
            }

            if (total <= segmentBytes && 2 * largest <= total)
            {
                return [.. segments.Skip(start).Take(FanIn)];
            }
        }

        return [];
    }
}
