namespace OrleansStream.Engine.Hosting.Partitions;

/// <summary>
/// Tells how long a log has not grown, by looking now and then: an append need not read a clock for it.
/// </summary>
/// <remarks>Only the maintenance looks. The time counts from the look that found the log longer.</remarks>
internal sealed class IdleWatch(TimeProvider time)
{
    private long _endOffset = -1;
    private long _since;

    public TimeSpan Look(long endOffset)
    {
        if (endOffset != _endOffset)
        {
            _endOffset = endOffset;
            _since = time.GetTimestamp();
        }

        return time.GetElapsedTime(_since);
    }
}
