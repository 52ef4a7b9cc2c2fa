using OrleansStream.Engine.Hosting.Memory;
using OrleansStream.Engine.Log;
using OrleansStream.Engine.Storage;
using OrleansStream.Protocols;

namespace OrleansStream.Engine.Hosting.Segments;

/// <summary>A segment open for reading, with its footer; held by the cache of them and by each reader.</summary>
/// <param name="description">How errors name it.</param>
/// <param name="blocks">What its batches are read through; null to read the file itself.</param>
internal sealed class OpenSegment(string description, ISegmentFile file, SegmentFooter footer, BlockCache? blocks)
{
    /// <summary>Enough for the system to take its reader for one in sequence.</summary>
    private const int MaxFirstBytes = 128 * 1_024;

    private readonly Holders _holders = new();
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public SegmentFooter Footer => footer;

    /// <summary>Completes when the last holder has let go and the file is closed.</summary>
    public Task Closed => _closed.Task;

    /// <summary>False when it is closed already.</summary>
    public bool TryHold() => _holders.TryAdd();

    public async ValueTask ReleaseAsync()
    {
        if (_holders.Remove())
        {
            blocks?.Forget(this);
            await file.DisposeAsync().ConfigureAwait(false);
            _closed.SetResult();
        }
    }

    /// <summary>Reads a stretch of the batches.</summary>
    /// <exception cref="StorageDamagedException">The file ends within it.</exception>
    public ValueTask ReadAsync(long position, Memory<byte> buffer, CancellationToken cancellationToken)
        => blocks is null
            ? ReadFileAsync(position, buffer, cancellationToken)
            : blocks.ReadAsync(this, position, buffer, cancellationToken);

    /// <summary>Does what <see cref="ReadAsync"/> does, from the file itself.</summary>
    public async ValueTask ReadFileAsync(long position, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var read = await file.ReadAsync(position, buffer, cancellationToken).ConfigureAwait(false);
        if (read != buffer.Length)
        {
            throw new StorageDamagedException(description, position + read, "The file ends too early.");
        }
    }

    /// <summary>
    /// Fetches the first batches for a reader who comes from the segment before and reads so many bytes at once.
    /// </summary>
    /// <exception cref="StorageDamagedException">The file ends within them.</exception>
    public async ValueTask ReadAheadAsync(int readBytes, CancellationToken cancellationToken)
    {
        if (blocks is not null)
        {
            blocks.ReadAhead(this, readBytes);
            return;
        }

        // Read only to be in the system's cache, which then reads ahead by itself.
        var length = Math.Min(Math.Min(readBytes, MaxFirstBytes), footer.BatchBytes);
        using var first = PooledBuffer.Rent((int)length);
        await ReadFileAsync(0, first.Memory, cancellationToken).ConfigureAwait(false);
    }
}
