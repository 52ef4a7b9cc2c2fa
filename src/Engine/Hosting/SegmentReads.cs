using System.Runtime.CompilerServices;
using OrleansStream.Contracts;
using OrleansStream.Engine.Log;
using OrleansStream.Engine.Storage;
using OrleansStream.Protocols;

namespace OrleansStream.Engine.Hosting;

/// <summary>Reads whole batches from the segments of a partition.</summary>
/// <remarks>
/// One read of a file serves a whole request: the sparse index says where the batch wanted begins, to within a few
/// KiB, and where the last batch that fits ends. What is read lies in rented memory that the result gives back.
/// </remarks>
internal sealed class SegmentReads(PartitionId partition, SegmentCache cache, ByteBudget memory)
{
    /// <summary>What is read beyond the bytes asked for, as the index is only this exact, with room for a batch header.</summary>
    private const int SlackBytes = 8 * 1_024;

    /// <summary>Reads from the segments of a plan until enough bytes are there.</summary>
    /// <returns>Null when there was no memory to read into within the timeout.</returns>
    public async ValueTask<FetchedRecords?> ReadAsync(
        ReadPlan plan, int maxBytes, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var result = new SegmentPieces(memory);
        try
        {
            foreach (var segment in plan.Segments)
            {
                var offset = Math.Max(plan.Offset, segment.BaseOffset);
                var room = maxBytes - result.LengthBytes;
                if (room <= 0 && result.LengthBytes > 0)
                {
                    break;
                }

                var next = await ReadAsync(segment.Entry, offset, room, result, timeout, cancellationToken)
                    .ConfigureAwait(false);
                if (next != segment.NextOffset)
                {
                    break; // The next batch does not fit, so none behind it may follow.
                }
            }

            if (result.LengthBytes > 0)
            {
                return new FetchedRecords(result.Pieces, result);
            }
        }
        catch
        {
            result.Dispose();
            throw;
        }

        result.Dispose();
        return null;
    }

    /// <summary>All batches of a segment, a piece at a time; each piece is valid until the next is asked for.</summary>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> EnumerateAsync(
        SegmentEntry entry, int pieceBytes, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var offset = entry.BaseOffset;
        while (offset < entry.NextOffset)
        {
            using var pieces = new SegmentPieces(memory);
            var next = await ReadAsync(entry, offset, pieceBytes, pieces, Timeout.InfiniteTimeSpan, cancellationToken)
                .ConfigureAwait(false);
            if (next is null)
            {
                throw new IOException($"There was no memory to read {SegmentCache.Describe(partition, entry)} into.");
            }

            offset = next.Value;
            yield return pieces.Pieces[0];
        }
    }

    /// <summary>The stretch of a segment that holds the first record at or after a timestamp.</summary>
    public async ValueTask<byte[]> ReadAtTimestampAsync(
        SegmentEntry entry, long timestamp, CancellationToken cancellationToken)
    {
        var segment = await cache.AcquireAsync(partition, entry, cancellationToken).ConfigureAwait(false);
        try
        {
            var start = segment.Footer.FloorByTimestamp(timestamp);
            var end = segment.Footer.NextIndexed(start);
            var bytes = new byte[end - start];
            await ReadExactlyAsync(segment.File, entry, start, bytes, cancellationToken).ConfigureAwait(false);
            return bytes;
        }
        finally
        {
            await segment.ReleaseAsync().ConfigureAwait(false);
        }
    }

    // The offset after the last batch read; null when nothing more fits or there is no memory to read it into.
    private async ValueTask<long?> ReadAsync(
        SegmentEntry entry,
        long offset,
        int maxBytes,
        SegmentPieces result,
        TimeSpan timeout,
        CancellationToken cancellationToken)
    {
        var segment = await cache.AcquireAsync(partition, entry, cancellationToken).ConfigureAwait(false);
        try
        {
            var floor = segment.Footer.FloorByOffset(offset);
            var length = (int)Math.Min(segment.Footer.BatchBytes - floor, (long)maxBytes + SlackBytes);
            while (true)
            {
                if (!await result.TryAddBufferAsync(length, timeout, cancellationToken).ConfigureAwait(false))
                {
                    return null;
                }

                var buffer = result.LastBuffer;
                await ReadExactlyAsync(segment.File, entry, floor, buffer.Memory, cancellationToken).ConfigureAwait(false);
                var cut = BatchCut.Find(buffer.Span, offset, maxBytes, mustTakeOne: result.LengthBytes == 0);
                if (cut.MissingBytes == 0)
                {
                    result.Add(buffer.Memory[cut.Start..cut.End]);
                    return cut.End > cut.Start ? cut.NextOffset : null;
                }

                // A single batch larger than what was asked for: read it whole.
                result.DropLastBuffer();
                length = checked(length + cut.MissingBytes);
                if (floor + (long)length > segment.Footer.BatchBytes)
                {
                    throw new StorageDamagedException(
                        SegmentCache.Describe(partition, entry), floor, "A batch reaches beyond the end.");
                }
            }
        }
        catch (InvalidDataException e)
        {
            throw new StorageDamagedException(SegmentCache.Describe(partition, entry), -1, e.Message);
        }
        finally
        {
            await segment.ReleaseAsync().ConfigureAwait(false);
        }
    }

    private async ValueTask ReadExactlyAsync(
        ISegmentFile file, SegmentEntry entry, long position, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var read = await file.ReadAsync(position, buffer, cancellationToken).ConfigureAwait(false);
        if (read != buffer.Length)
        {
            throw new StorageDamagedException(
                SegmentCache.Describe(partition, entry), position + read, "The file ends too early.");
        }
    }

    /// <summary>The memory of one result: rented buffers, and the slices of them that are whole batches.</summary>
    private sealed class SegmentPieces(ByteBudget memory) : IDisposable
    {
        private readonly List<PooledBuffer> _buffers = [];
        private readonly List<ReadOnlyMemory<byte>> _pieces = [];

        public List<ReadOnlyMemory<byte>> Pieces => _pieces;

        public int LengthBytes { get; private set; }

        public PooledBuffer LastBuffer => _buffers[^1];

        public async ValueTask<bool> TryAddBufferAsync(int length, TimeSpan timeout, CancellationToken cancellationToken)
        {
            if (!await memory.ReserveAsync(length, timeout, cancellationToken).ConfigureAwait(false))
            {
                return false;
            }

            _buffers.Add(PooledBuffer.Rent(length));
            return true;
        }

        public void Add(ReadOnlyMemory<byte> batches)
        {
            if (!batches.IsEmpty)
            {
                _pieces.Add(batches);
                LengthBytes += batches.Length;
            }
        }

        public void DropLastBuffer()
        {
            Free(_buffers[^1]);
            _buffers.RemoveAt(_buffers.Count - 1);
        }

        public void Dispose()
        {
            foreach (var buffer in _buffers)
            {
                Free(buffer);
            }

            _buffers.Clear();
        }

        private void Free(PooledBuffer buffer)
        {
            memory.Release(buffer.Length);
            buffer.Dispose();
        }
    }
}
