namespace OrleansStream.Cli.Producing;

/// <summary>Holds a rate over the whole time, so that a pause is made up for.</summary>
/// <param name="perSecond">Null for as fast as possible.</param>
internal sealed class Pacer(double? perSecond, TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();

    /// <summary>How long to wait before that many may have gone.</summary>
    public TimeSpan DelayBefore(long count)
    {
        if (perSecond is not { } rate)
        {
            return TimeSpan.Zero;
        }

        var early = TimeSpan.FromSeconds(count / rate) - time.GetElapsedTime(_start);
        return early > TimeSpan.Zero ? early : TimeSpan.Zero;
    }
}
