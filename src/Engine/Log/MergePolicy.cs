namespace OrleansStream.Engine.Log;

/// <summary>Chooses small adjacent segments to be merged, so that a quiet partition does not end in thousands of files.</summary>
/// <remarks>
/// Segments of similar size are merged <see cref="FanIn"/> at a time, so a record is rewritten once for each power of
/// <see cref="FanIn"/> between the size it was flushed at and the segment size of its topic.
/// </remarks>
public static class MergePolicy
{
    /// <summary>How many segments of one size class make a merge; well below the rows one table batch may have.</summary>
    public const int FanIn = 8;

    /// <summary>The segments to merge, adjacent and in order; empty when nothing is worth it.</summary>
    public static IReadOnlyList<LogSegment> Choose(IReadOnlyList<LogSegment> segments, int segmentBytes)
    {
        for (var start = segments.Count - FanIn; start >= 0; start--)
        {
            var total = 0L;
            var sizeClass = SizeClass(segments[start]);
            var count = 0;
            while (count < FanIn && SizeClass(segments[start + count]) <= sizeClass)
            {
                total += segments[start + count].Entry.BatchBytes;
                count++;
            }

            if (count == FanIn && total <= segmentBytes)
            {
                return [.. segments.Skip(start).Take(FanIn)];
            }
        }

        return [];
    }

    private static int SizeClass(LogSegment segment) => (int)Math.Log(Math.Max(1, segment.Entry.BatchBytes), FanIn);
}
