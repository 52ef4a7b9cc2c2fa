namespace OrleansStream.Engine.Log;

/// <summary>Where the tails of all partitions get their memory from and give it back to.</summary>
public interface ITailMemory
{
    /// <summary>An array of at least this size; its content is undefined.</summary>
    byte[] Rent(int sizeBytes);

    /// <summary>Takes an array back once nobody reads it, with what had been reserved for its batches.</summary>
    void Return(byte[] chunk, long chargedBytes);
}

/// <summary>
/// A stretch of a partition's newest batches in memory: written once from front to back, then only read.
/// </summary>
/// <remarks>
/// The tail appends from its turn; readers hold slices below <see cref="UsedBytes"/>, which never change. The memory
/// goes back when the tail has let go and the last reader has too.
/// </remarks>
internal sealed class TailChunk(byte[] bytes, long baseOffset, ITailMemory memory)
{
    /// <summary>How far apart the entries of the sparse index are.</summary>
    private const int IndexIntervalBytes = 4_096;

    private readonly List<(long BaseOffset, int Position)> _index = new(bytes.Length / IndexIntervalBytes);
    private long _chargedBytes;
    private int _indexedBytes;
    private int _holders = 1;

    public long BaseOffset { get; } = baseOffset;

    public long NextOffset { get; private set; } = baseOffset;

    public int UsedBytes { get; private set; }

    public int CapacityBytes => bytes.Length;

    public int FreeBytes => bytes.Length - UsedBytes;

    /// <summary>Copies a batch to the end and returns the copy, to be stamped before anyone else sees it.</summary>
    public Memory<byte> Append(ReadOnlySpan<byte> batch, long batchOffset, long nextOffset, long chargedBytes)
    {
        if (UsedBytes - _indexedBytes >= IndexIntervalBytes)
        {
            _index.Add((batchOffset, UsedBytes));
            _indexedBytes = UsedBytes;
        }

        var stored = bytes.AsMemory(UsedBytes, batch.Length);
        batch.CopyTo(stored.Span);
        UsedBytes += batch.Length;
        NextOffset = nextOffset;
        _chargedBytes += chargedBytes;
        return stored;
    }

    public ReadOnlyMemory<byte> Slice(int start, int end) => bytes.AsMemory(start, end - start);

    /// <summary>A position at or before the batch that holds an offset, to scan on from.</summary>
    public int FloorByOffset(long offset)
    {
        var (low, high) = (0, _index.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = _index[middle].BaseOffset <= offset ? (middle + 1, high) : (low, middle);
        }

        return low == 0 ? 0 : _index[low - 1].Position;
    }

    /// <summary>The largest known batch boundary at or before a position.</summary>
    public int FloorByPosition(int position)
    {
        var (low, high) = (0, _index.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = _index[middle].Position <= position ? (middle + 1, high) : (low, middle);
        }

        return low == 0 ? 0 : _index[low - 1].Position;
    }

    public void Hold() => Interlocked.Increment(ref _holders);

    public void Release()
    {
        if (Interlocked.Decrement(ref _holders) == 0)
        {
            memory.Return(bytes, _chargedBytes);
        }
    }
}
