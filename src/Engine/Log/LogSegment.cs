
namespace OrleansStream.Engine.Log;

/// <summary>A segment that belongs to a log, and who is reading it.</summary>
/// <remarks>
/// The log holds it until the manifest no longer names it, each reader while it reads. When the last holder lets go
/// <see cref="Released"/> is set, and whoever retired it deletes the file.
/// </remarks>
public sealed class LogSegment(SegmentEntry entry)
{
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _holders = 1;

    public SegmentEntry Entry => entry;

    public long BaseOffset => entry.BaseOffset;

    public long NextOffset => entry.NextOffset;

    /// <summary>Completes when the log and all readers have let go.</summary>
    public Task Released => _released.Task;

    internal void Hold() => Interlocked.Increment(ref _holders);

    internal void Release()
    {
        if (Interlocked.Decrement(ref _holders) == 0)
        {
            _released.SetResult();
        }
    }
}
