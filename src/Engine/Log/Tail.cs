using OrleansStream.Protocols.Batches;

namespace OrleansStream.Engine.Log;

/// <summary>The newest batches of a partition, in memory, until they are in segments.</summary>
/// <remarks>
/// Chunks grow from 4 KiB to 1 MiB, so that a thousand quiet partitions cost little and a busy one few allocations.
/// Not thread-safe: the partition's turn owns it. What <see cref="Read"/> hands out may be read from anywhere.
/// </remarks>
internal sealed class Tail(long startOffset, ITailMemory memory)
{
    public const int MinChunkBytes = 4 * 1_024;
    public const int MaxChunkBytes = 1_024 * 1_024;

    private readonly List<TailChunk> _chunks = [];
    private int _nextChunkBytes = MinChunkBytes;

    /// <summary>The first offset that is in memory.</summary>
    public long StartOffset => _chunks.Count == 0 ? EndOffset : _chunks[0].BaseOffset;

    public long EndOffset { get; private set; } = startOffset;

    /// <summary>The bytes of all batches in memory.</summary>
    public long SizeBytes { get; private set; }

    /// <summary>Copies a batch to the end and returns the copy, to be stamped before the turn ends.</summary>
    public Memory<byte> Append(ReadOnlySpan<byte> batch, long nextOffset, long chargedBytes)
    {
        if (_chunks.Count == 0 || _chunks[^1].FreeBytes < batch.Length)
        {
            _chunks.Add(new TailChunk(memory.Rent(Math.Max(_nextChunkBytes, batch.Length)), EndOffset, memory));
            _nextChunkBytes = Math.Min(_nextChunkBytes * 2, MaxChunkBytes);
        }

        var stored = _chunks[^1].Append(batch, EndOffset, nextOffset, chargedBytes);
        EndOffset = nextOffset;
        SizeBytes += batch.Length;
        return stored;
    }

    /// <summary>
    /// Adds whole batches to a read, from the one that holds <paramref name="offset"/> up to, not including,
    /// <paramref name="endOffset"/>, which is a batch boundary.
    /// </summary>
    /// <returns>The offset after the last batch added.</returns>
    public long Read(long offset, long endOffset, TailRead read)
    {
        var index = FindChunk(offset);
        while (index < _chunks.Count && offset < endOffset && !read.IsFull)
        {
            var chunk = _chunks[index++];
            var start = SkipTo(chunk, offset);
            var end = EndWithin(chunk, start, endOffset, read.RoomBytes, mustTakeOne: read.Pieces.Count == 0);
            if (end == start)
            {
                break;
            }

            read.Add(chunk, start, end);
            if (end < chunk.UsedBytes)
            {
                return HeaderAt(chunk, end).BaseOffset; // The next batch does not fit, so none behind it may follow.
            }

            offset = chunk.NextOffset;
        }

        return offset;
    }

    /// <summary>Lets go of the chunks that lie wholly before an offset.</summary>
    public void Trim(long beforeOffset)
    {
        var count = 0;
        while (count < _chunks.Count && _chunks[count].NextOffset <= beforeOffset)
        {
            SizeBytes -= _chunks[count].UsedBytes;
            _chunks[count++].Release();
        }

        _chunks.RemoveRange(0, count);
        if (_chunks.Count == 0)
        {
            _nextChunkBytes = Math.Max(MinChunkBytes, _nextChunkBytes / 2);
        }
    }

    /// <summary>The bytes of the batches from the one that holds an offset on.</summary>
    public long SizeFrom(long offset)
    {
        var size = 0L;
        for (var index = FindChunk(offset); index < _chunks.Count; index++)
        {
            size += _chunks[index].UsedBytes - SkipTo(_chunks[index], offset);
        }

        return size;
    }

    /// <summary>The first offset of the newest chunk from which on at least this many bytes lie.</summary>
    public long OffsetThatLeaves(long sizeBytes)
    {
        var remaining = SizeBytes;
        var index = 0;
        while (index + 1 < _chunks.Count && remaining - _chunks[index].UsedBytes >= sizeBytes)
        {
            remaining -= _chunks[index++].UsedBytes;
        }

        return _chunks.Count == 0 ? EndOffset : _chunks[index].BaseOffset;
    }

    private int FindChunk(long offset)
    {
        var (low, high) = (0, _chunks.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = _chunks[middle].NextOffset <= offset ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    private static int SkipTo(TailChunk chunk, long offset)
    {
        if (offset <= chunk.BaseOffset)
        {
            return 0;
        }

        var position = chunk.FloorByOffset(offset);
        while (HeaderAt(chunk, position) is var header && header.NextOffset <= offset)
        {
            position += header.TotalBytes;
        }

        return position;
    }

    // The first batch of a read is taken whatever its size: a reader must always get on.
    private static int EndWithin(TailChunk chunk, int start, long endOffset, long roomBytes, bool mustTakeOne)
    {
        var limit = (int)Math.Min(chunk.UsedBytes, start + Math.Min(roomBytes, int.MaxValue - start));
        if (limit == chunk.UsedBytes && chunk.NextOffset <= endOffset)
        {
            return limit;
        }

        var position = Math.Max(start, Math.Min(chunk.FloorByPosition(limit), chunk.FloorByOffset(endOffset - 1)));
        while (position < chunk.UsedBytes)
        {
            var header = HeaderAt(chunk, position);
            var next = position + header.TotalBytes;
            if (header.NextOffset > endOffset || (next > limit && (position > start || !mustTakeOne)))
            {
                break;
            }

            position = next;
            if (next >= limit)
            {
                break;
            }
        }

        return position;
    }

    private static BatchHeader HeaderAt(TailChunk chunk, int position)
        => BatchHeader.TryRead(chunk.Slice(position, chunk.UsedBytes).Span, out var header)
            ? header
            : throw new InvalidOperationException($"No batch at position {position} of a tail chunk.");
}
