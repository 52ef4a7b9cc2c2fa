namespace OrleansStream.Engine.Log;

/// <summary>A segment that belongs to a log, and who is reading it.</summary>
/// <remarks>
/// The log holds it until the manifest no longer names it, each reader while it reads. When the last holder lets go
/// whoever retired it is told, and deletes the file. Held and released from anywhere.
/// </remarks>
public sealed class LogSegment(SegmentEntry entry)
{
    private static readonly Action s_released = () => { };

    private int _holders = 1;
    private Action? _whenReleased; // Becomes s_released with the last release.

    public SegmentEntry Entry => entry;

    public long BaseOffset => entry.BaseOffset;

    public long NextOffset => entry.NextOffset;

    /// <summary>Whether the log and all readers have let go.</summary>
    public bool IsReleased => Volatile.Read(ref _holders) == 0;

    /// <summary>Calls once the log and all readers have let go: at once when they have. To be called once.</summary>
    public void WhenReleased(Action action)
    {
        if (Interlocked.CompareExchange(ref _whenReleased, action, null) is not null)
        {
            action();
        }
    }

    internal void Hold() => Interlocked.Increment(ref _holders);

    internal void Release()
    {
        if (Interlocked.Decrement(ref _holders) == 0)
        {
            Interlocked.Exchange(ref _whenReleased, s_released)?.Invoke();
        }
    }
}
