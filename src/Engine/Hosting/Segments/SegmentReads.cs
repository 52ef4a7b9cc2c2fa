using System.Runtime.CompilerServices;
using OrleansStream.Contracts;
using OrleansStream.Engine.Hosting.Memory;
using OrleansStream.Engine.Log;
using OrleansStream.Engine.Storage;
using OrleansStream.Protocols;

namespace OrleansStream.Engine.Hosting.Segments;

/// <summary>Reads whole batches from the segments of a partition.</summary>
/// <remarks>
/// One read of a file serves a whole request: the sparse index says where the batch wanted begins, to within a few
/// KiB, and where the last batch that fits ends. What is read lies in rented memory that the result gives back.
/// </remarks>
internal sealed class SegmentReads(PartitionId partition, SegmentCache cache, ByteBudget readMemory) : IAsyncDisposable
{
    /// <summary>
    /// What is read beyond the bytes asked for, as the index is only this exact, with room for a batch header.
    /// </summary>
    private const int SlackBytes = 8 * 1_024;

    /// <summary>
    /// What a search reads at once: a few intervals of the index, as the record is mostly in the first.
    /// </summary>
    private const int SearchBytes = 16 * 1_024;

    private int _isOpeningAhead;
    private Task _openingAhead = Task.CompletedTask;

    /// <summary>Reads from the segments of a plan until enough bytes are there.</summary>
    /// <returns>Null when there was no memory to read into within the timeout.</returns>
    public async ValueTask<FetchedRecords?> ReadAsync(
        ReadPlan plan, int maxBytes, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var result = new SegmentPieces(readMemory);
        try
        {
            for (var i = 0; i < plan.Segments.Count; i++)
            {
                var segment = plan.Segments[i];
                var offset = Math.Max(plan.Offset, segment.BaseOffset);
                var room = maxBytes - result.LengthBytes;
                if (room <= 0 && result.LengthBytes > 0)
                {
                    break;
                }

                // Whoever holds memory does not wait for more: others may be waiting for what it holds.
                var patience = result.LengthBytes == 0 ? timeout : TimeSpan.Zero;
                var (next, unreadBytes) = await ReadAsync(
                    segment.Entry, offset, room, result, patience, cancellationToken).ConfigureAwait(false);
                if (i + 1 < plan.Segments.Count && unreadBytes < cache.AheadBytesFor(maxBytes))
                {
                    OpenAhead(plan.Segments[i + 1], maxBytes);
                }

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

    /// <summary>
    /// The batches of a segment from the one that holds an offset on, a piece at a time; each piece is valid until the
    /// next is asked for.
    /// </summary>
    /// <param name="memory">What pays for the pieces; null when the caller sees to it that few do this at once.</param>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> EnumerateAsync(
        SegmentEntry entry,
        long offset,
        int pieceBytes,
        ByteBudget? memory,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var pieces = ReadAllAsync(entry, offset, pieceBytes, memory, cancellationToken);
        await foreach (var piece in pieces.ConfigureAwait(false))
        {
            using (piece)
            {
                yield return piece.Pieces[0];
            }
        }
    }

    /// <summary>
    /// The batches of a segment from the one that holds an offset on, a piece at a time; the caller disposes each.
    /// </summary>
    /// <param name="memory">What pays for the pieces; null when the caller sees to it that few do this at once.</param>
    public async IAsyncEnumerable<FetchedRecords> ReadAllAsync(
        SegmentEntry entry,
        long offset,
        int pieceBytes,
        ByteBudget? memory,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (offset < entry.NextOffset)
        {
            FetchedRecords piece;
            (piece, offset) = await ReadPieceAsync(entry, offset, pieceBytes, memory, cancellationToken)
                .ConfigureAwait(false);
            yield return piece;
        }
    }

    /// <summary>The batches of a segment from the first on that may hold a record at or after a timestamp.</summary>
    /// <param name="fromOffset">Batches that end before it are left out.</param>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> EnumerateFromTimestampAsync(
        SegmentEntry entry, long timestamp, long fromOffset,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var segment = await cache.AcquireAsync(partition, entry, cancellationToken).ConfigureAwait(false);
        var floor = segment.Footer.FloorByTimestamp(timestamp);
        await segment.ReleaseAsync().ConfigureAwait(false);
        var pieces = EnumerateAsync(entry, Math.Max(floor, fromOffset), SearchBytes, readMemory, cancellationToken);
        await foreach (var piece in pieces.ConfigureAwait(false))
        {
            yield return piece;
        }
    }

    /// <summary>Waits for what was begun for the next reads.</summary>
    public async ValueTask DisposeAsync() => await _openingAhead.ConfigureAwait(false);

    private async Task<(FetchedRecords Piece, long Next)> ReadPieceAsync(
        SegmentEntry entry, long offset, int pieceBytes, ByteBudget? memory, CancellationToken cancellationToken)
    {
        var pieces = new SegmentPieces(memory);
        try
        {
            var (next, _) = await ReadAsync(
                entry, offset, pieceBytes, pieces, Timeout.InfiniteTimeSpan, cancellationToken).ConfigureAwait(false);
            return next is null
                ? throw new IOException($"There was no memory to read {SegmentCache.Describe(partition, entry)} into.")
                : (new FetchedRecords(pieces.Pieces, pieces), next.Value);
        }
        catch
        {
            pieces.Dispose();
            throw;
        }
    }

    // The offset after the last batch read, null when nothing more fits or there is no memory to read it into; and how
    // many bytes of the segment lie behind what was read.
    private async ValueTask<(long? Next, long UnreadBytes)> ReadAsync(
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
            var available = segment.Footer.BatchBytes - floor;
            var length = Math.Min(available, (long)maxBytes + SlackBytes);
            while (await result.TryAddBufferAsync((int)length, timeout, cancellationToken).ConfigureAwait(false))
            {
                var buffer = result.LastBuffer;
                await segment.ReadAsync(floor, buffer.Memory, cancellationToken).ConfigureAwait(false);
                var cut = BatchCut.Find(buffer.Span, offset, maxBytes, mustTakeOne: result.LengthBytes == 0);
                if (cut.MissingBytes == 0)
                {
                    result.Add(buffer.Memory[cut.Start..cut.End]);
                    return (cut.End > cut.Start ? cut.NextOffset : null, available - length);
                }

                // A single batch larger than what was asked for: read it whole.
                result.DropLastBuffer();
                if (length == available)
                {
                    throw new InvalidDataException("A batch reaches beyond the end.");
                }

                length = Math.Min(available, length + cut.MissingBytes);
            }

            return (null, available);
        }
        catch (InvalidDataException e)
        {
            throw new StorageDamagedException(
                SegmentCache.Describe(partition, entry), segment.Footer.FloorByOffset(offset), e.Message);
        }
        finally
        {
            await segment.ReleaseAsync().ConfigureAwait(false);
        }
    }

    // For the reader who comes to its end soon; one segment at a time, which is what one reader can need.
    private void OpenAhead(LogSegment segment, int readBytes)
    {
        if (Interlocked.Exchange(ref _isOpeningAhead, 1) == 0)
        {
            segment.Hold();
            _openingAhead = Task.Run(() => OpenAheadAsync(segment, readBytes));
        }
    }

    private async Task OpenAheadAsync(LogSegment segment, int readBytes)
    {
        try
        {
            var open = await cache.AcquireAsync(partition, segment.Entry, CancellationToken.None).ConfigureAwait(false);
            try
            {
                await open.ReadAheadAsync(readBytes, CancellationToken.None).ConfigureAwait(false);
            }
            finally
            {
                await open.ReleaseAsync().ConfigureAwait(false);
            }
        }
        catch (IOException)
        {
            // The reader will come to it, and be told.
        }
        finally
        {
            segment.Release();
            Volatile.Write(ref _isOpeningAhead, 0);
        }
    }

    /// <summary>The memory of one result: rented buffers, and the slices of them that are whole batches.</summary>
    private sealed class SegmentPieces(ByteBudget? memory) : IDisposable
    {
        private readonly List<PooledBuffer> _buffers = [];
        private readonly List<ReadOnlyMemory<byte>> _pieces = [];

        public List<ReadOnlyMemory<byte>> Pieces => _pieces;

        public int LengthBytes { get; private set; }

        public PooledBuffer LastBuffer => _buffers[^1];

        public async ValueTask<bool> TryAddBufferAsync(
            int length, TimeSpan timeout, CancellationToken cancellationToken)
        {
            if (memory is not null
                && !await memory.ReserveAsync(length, timeout, cancellationToken).ConfigureAwait(false))
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
            memory?.Release(buffer.Length);
            buffer.Dispose();
        }
    }
}
