using OrleansStream.Engine.Hosting.Memory;
using OrleansStream.Protocols;

namespace OrleansStream.Engine.Hosting.Segments;

/// <summary>Names a block: the segment, as long as it is open, and the number of the block in it.</summary>
internal readonly record struct BlockKey(OpenSegment Segment, int Number);

/// <summary>A block of a segment, in memory or on its way there; held by the cache and by whoever reads it.</summary>
/// <param name="chargedBytes">What it takes of the cache's memory.</param>
/// <param name="isAhead">It is fetched before anybody asked for it.</param>
internal sealed class CachedBlock(PooledBuffer buffer, long chargedBytes, bool isAhead)
{
    private readonly TaskCompletionSource<Exception?> _loaded =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private volatile bool _isLoaded;
    private long _usedBytes;
    private long _lastUse;

    public Holders Holders { get; } = new();

    public Memory<byte> Memory => buffer.Memory;

    public long ChargedBytes => chargedBytes;

    public bool IsAhead => isAhead;

    /// <summary>Whether the bytes are there.</summary>
    public bool IsLoaded => _isLoaded;

    /// <summary>How many bytes readers asked for, the same ones again included.</summary>
    public long UsedBytes => Interlocked.Read(ref _usedBytes);

    /// <summary>The number of the cache's latest use that was of this block.</summary>
    public long LastUse => Interlocked.Read(ref _lastUse);

    /// <summary>Completes when the bytes are there, or with what went wrong.</summary>
    public Task<Exception?> Loaded => _loaded.Task;

    public void SetLoaded()
    {
        _isLoaded = true;
        _loaded.SetResult(null);
    }

    public void SetFailed(Exception failure) => _loaded.SetResult(failure);

    public void Touch(long use) => Interlocked.Exchange(ref _lastUse, use);

    public void AddUse(int bytes) => Interlocked.Add(ref _usedBytes, bytes);

    /// <summary>Gives the memory back. To be called by the last holder.</summary>
    public void Free() => buffer.Dispose();
}
