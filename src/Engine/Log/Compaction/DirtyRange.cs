using OrleansStream.Contracts;

namespace OrleansStream.Engine.Log.Compaction;

/// <summary>The segments that were written since the last compaction and may be compacted now.</summary>
/// <param name="StartOffset">Everything before it is compacted: no key occurs there twice.</param>
/// <param name="EndOffset">Where it ends, at the end of a segment.</param>
/// <param name="CleanBytes">The bytes of the segments before it.</param>
/// <param name="DirtyBytes">Its own bytes.</param>
public readonly record struct DirtyRange(long StartOffset, long EndOffset, long CleanBytes, long DirtyBytes)
{
    /// <summary>Everything from an offset on that has been in the log for the topic's shortest lag.</summary>
    /// <param name="segments">In order. The tail is in none, and is never compacted.</param>
    /// <param name="compactedOffset">How far the log was compacted.</param>
    /// <param name="now">Milliseconds since 1970.</param>
    public static DirtyRange Find(
        IReadOnlyList<LogSegment> segments, long compactedOffset, TopicConfig config, long now)
    {
        var range = new DirtyRange(compactedOffset, compactedOffset, 0, 0);
        foreach (var segment in segments)
        {
            var bytes = segment.Entry.BatchBytes;
            if (segment.NextOffset <= compactedOffset)
            {
                range = range with { CleanBytes = range.CleanBytes + bytes };
                continue;
            }

            if (config.MinCompactionLag > 0 && segment.Entry.AgeTimestamp > now - config.MinCompactionLag)
            {
                break;
            }

            range = range with { EndOffset = segment.NextOffset, DirtyBytes = range.DirtyBytes + bytes };
        }

        return range;
    }

    /// <summary>Whether it is worth a compaction, or has waited for long enough.</summary>
    /// <param name="oldestTimestamp">That of its first batch.</param>
    /// <param name="now">Milliseconds since 1970.</param>
    public bool IsDue(TopicConfig config, long oldestTimestamp, long now)
        => DirtyBytes > 0
            && (DirtyBytes > config.MinCleanableDirtyRatio * (CleanBytes + DirtyBytes)
                || oldestTimestamp < now - config.MaxCompactionLag);
}
