using OrleansStream.Client.Connections;
using OrleansStream.Contracts;

namespace OrleansStream.Client.Consuming;

/// <summary>One partition of a fetch to be sent.</summary>
/// <param name="Version">Of the cursor: an answer for another version is void.</param>
internal readonly record struct PlannedFetch(PartitionCursor Cursor, int Version, long Offset);

/// <summary>How a batch leaves the reader's hand.</summary>
internal enum BatchEnd
{
    /// <summary>The reader is done with all that it enumerated.</summary>
    Left,

    /// <summary>The batch was copied, and the reader is done with those records of it that it was given.</summary>
    CutShort,

    /// <summary>Likewise, but for the last one: nobody knows whether the reader is done with it.</summary>
    Broken,
}

/// <summary>The partitions a consumer reads, and what is fetched of them: between the fetcher and the reader.</summary>
/// <remarks>
/// Thread-safe, by one lock that is held shortly and never while waiting. While it is held back nothing is handed out,
/// so that partitions can be taken away without a record of them in anybody's hand.
/// </remarks>
internal sealed class AssignedPartitions(ConsumerOptions options)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<TopicPartition, PartitionCursor> _cursors = [];
    private List<PartitionCursor> _order = [];
    private int _turn;
    private long _bufferedBytes;
    private ConsumedBatch? _inHand;
    private long _handed;
    private TaskCompletionSource? _handedBack;

    /// <summary>Set when there may be something to fetch, or to prepare.</summary>
    public Pulse FetcherPulse { get; } = new();

    /// <summary>Set when there may be something to hand out.</summary>
    public Pulse ReaderPulse { get; } = new();

    public IReadOnlyList<TopicPartition> Partitions => Read(() => _order.Select(cursor => cursor.Partition).ToArray());

    /// <summary>Grows with all that is handed out; null while nothing is in hand.</summary>
    public long? InHand => Read(() => _inHand is null ? default(long?) : _handed);

    /// <summary>Whether what is in hand is of a partition that was given to others meanwhile.</summary>
    public bool IsInHandLost => Read(
        () => _inHand is { } batch && _cursors.GetValueOrDefault(batch.Partition) != batch.Cursor);

    public T Read<T>(Func<T> read)
    {
        lock (_gate)
        {
            return read();
        }
    }

    /// <summary>Makes these the partitions that are read; those that were before go on where they are.</summary>
    public void Assign(IEnumerable<TopicPartition> partitions)
    {
        lock (_gate)
        {
            var wanted = partitions.ToHashSet();
            foreach (var gone in _order.Where(cursor => !wanted.Contains(cursor.Partition)))
            {
                _bufferedBytes -= gone.MoveTo(null);
                _cursors.Remove(gone.Partition);
            }

            foreach (var partition in wanted.Where(partition => !_cursors.ContainsKey(partition)))
            {
                _cursors[partition] = new PartitionCursor(partition);
            }

            _order = [.. _cursors.Values.OrderBy(cursor => cursor.Partition)];
        }

        FetcherPulse.Set();
    }

    /// <summary>Changes one assigned partition.</summary>
    /// <param name="change">Returns how many buffered bytes it dropped.</param>
    /// <exception cref="InvalidOperationException">The partition is not assigned.</exception>
    public void Change(TopicPartition partition, Func<PartitionCursor, long> change)
    {
        lock (_gate)
        {
            _bufferedBytes -= change(_cursors.GetValueOrDefault(partition)
                ?? throw new InvalidOperationException($"{partition} is not assigned to this consumer."));
        }

        FetcherPulse.Set();
        ReaderPulse.Set();
    }

    /// <summary>The next records, of each partition in turn; null when there are none now.</summary>
    public ConsumedBatch? TryTake()
    {
        lock (_gate)
        {
            for (var i = 0; i < _order.Count && _handedBack is null; i++)
            {
                var cursor = _order[(_turn + i) % _order.Count];
                if (cursor is { IsPaused: false, HasRecords: true })
                {
                    _turn = (_turn + i + 1) % _order.Count;
                    _handed++;
                    return _inHand = new ConsumedBatch(
                        cursor, cursor.Take(), options.MaxPollRecords, options.VerifiesChecksums);
                }
            }

            return null;
        }
    }

    /// <summary>Takes back what is in hand: what was enumerated is read, the rest is handed out again.</summary>
    public void Settle(BatchEnd end = BatchEnd.Left)
    {
        ConsumedBatch? batch;
        lock (_gate)
        {
            (batch, _inHand) = (_inHand, null);
            if (batch is not null)
            {
                Settle(batch, end);
            }

            _handedBack?.TrySetResult();
        }

        if (batch is not null)
        {
            Telemetry.Consumed(batch.Partition.Topic, batch.ReadCount);
            FetcherPulse.Set();
        }
    }

    /// <summary>
    /// Says that the reader is done with the records before that offset, and has the next one in hand.
    /// </summary>
    /// <returns>False when it must not have it: reading goes on elsewhere.</returns>
    public bool TryHand(ConsumedBatch batch, long offset)
    {
        lock (_gate)
        {
            if (_handedBack is not null || batch.Version != batch.Cursor.Version || batch.Cursor.IsPaused)
            {
                return false;
            }

            batch.Cursor.Settled = offset;
            batch.NextOffset = offset + 1;
            _handed++;
            return true;
        }
    }

    /// <summary>Hands out nothing more; completes when nothing is in hand.</summary>
    public Task HoldBackAsync()
    {
        lock (_gate)
        {
            _handedBack ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_inHand is null)
            {
                _handedBack.TrySetResult();
            }

            return _handedBack.Task;
        }
    }

    public void GoOn()
    {
        lock (_gate)
        {
            _handedBack = null;
        }

        ReaderPulse.Set();
    }

    /// <summary>Where the reader is; what it has in hand counts as read, or does not.</summary>
    public List<TopicPartitionOffset> Positions(bool includesInHand) => Read(() =>
    {
        var positions = new List<TopicPartitionOffset>();
        foreach (var cursor in _order)
        {
            var position = includesInHand ? NextOf(cursor) : cursor.Settled;
            if (position != PartitionCursor.Unknown && position != cursor.Committed)
            {
                positions.Add(new TopicPartitionOffset(cursor.Partition, position));
            }
        }

        return positions;
    });

    public Dictionary<TopicPartition, long> Lag() => Read(() => _order
        .Where(cursor => cursor.HighWatermark >= 0 && cursor.Position >= 0)
        .ToDictionary(cursor => cursor.Partition, cursor => Math.Max(0, cursor.HighWatermark - NextOf(cursor))));

    public void Committed(IEnumerable<TopicPartitionOffset> offsets)
    {
        lock (_gate)
        {
            foreach (var (partition, offset) in offsets)
            {
                if (_cursors.TryGetValue(partition, out var cursor))
                {
                    cursor.Committed = offset;

                    // Whoever commits a record in hand is done with it: the next commit must not go back behind it.
                    cursor.Settled = Math.Max(cursor.Settled, offset);
                }
            }
        }
    }

    /// <summary>The partitions whose position has to be found, with the point to look for.</summary>
    public List<(TopicPartition Partition, int Version, OffsetPoint? Point)> Unpositioned() => Read(
        () => _order
            .Where(cursor => cursor.Position == PartitionCursor.Unknown)
            .Select(cursor => (cursor.Partition, cursor.Version, cursor.SeekPoint))
            .ToList());

    /// <summary>Begins to read where the position was found, unless that changed meanwhile.</summary>
    public void Position(TopicPartition partition, int version, long offset)
    {
        lock (_gate)
        {
            if (_cursors.TryGetValue(partition, out var cursor) && cursor.Version == version)
            {
                cursor.MoveTo(offset);
            }
        }
    }

    /// <summary>Says which topic a partition belongs to now; in another than before reading begins anew.</summary>
    /// <returns>Whether it does.</returns>
    public bool TryBeginAnew(TopicPartition partition, Guid topicId)
    {
        lock (_gate)
        {
            if (!_cursors.TryGetValue(partition, out var cursor))
            {
                return false;
            }

            var isOther = cursor.TopicId != Guid.Empty && cursor.TopicId != topicId;
            cursor.TopicId = topicId;
            if (isOther)
            {
                _bufferedBytes -= cursor.MoveTo(null);
                cursor.Committed = PartitionCursor.Unknown;
            }

            return isOther;
        }
    }

    /// <summary>What can be fetched now; the partitions count as being fetched until the answer is given.</summary>
    /// <param name="hasSkipped">Whether one was left out that has enough fetched to be read.</param>
    public List<PlannedFetch> Plan(out bool hasSkipped)
    {
        lock (_gate)
        {
            var plan = new List<PlannedFetch>();
            hasSkipped = false;
            var share = Math.Min(options.FetchPartitionBytes, options.PrefetchBytes / Math.Max(1, _order.Count));
            foreach (var cursor in _order)
            {
                if (cursor.FetchOffset == PartitionCursor.Unknown || cursor.IsFetching || cursor.IsPaused)
                {
                    continue;
                }

                if (cursor.BufferedBytes >= Math.Max(1, share) || _bufferedBytes >= options.PrefetchBytes)
                {
                    hasSkipped = true;
                    continue;
                }

                cursor.IsFetching = true;
                plan.Add(new PlannedFetch(cursor, cursor.Version, cursor.FetchOffset));
            }

            return plan;
        }
    }

    /// <summary>
    /// Takes what was fetched of one partition, if it is still wanted; else its memory is given back.
    /// </summary>
    public void Fetched(in PlannedFetch planned, FetchedRecords records, SharedMemory memory, long highWatermark)
    {
        var chunk = new FetchedChunk(records, memory);
        lock (_gate)
        {
            var cursor = planned.Cursor;
            cursor.IsFetching = false;
            if (cursor.Version == planned.Version)
            {
                cursor.HighWatermark = highWatermark;
                var end = FetchedChunk.FindEnd(records, planned.Offset);
                if (end > planned.Offset)
                {
                    cursor.FetchOffset = end;
                    cursor.Add(chunk);
                    _bufferedBytes += chunk.LengthBytes;
                    ReaderPulse.Set();
                    return;
                }
            }
        }

        chunk.Release();
    }

    /// <summary>Nothing came of a fetch.</summary>
    /// <param name="isOutOfRange">Whether there are no such records: then reading begins as without a position.</param>
    public void NotFetched(in PlannedFetch planned, bool isOutOfRange)
    {
        lock (_gate)
        {
            var cursor = planned.Cursor;
            cursor.IsFetching = false;
            if (isOutOfRange && cursor.Version == planned.Version
                && !cursor.HasRecords && _inHand?.Cursor != cursor)
            {
                var isLatest = options.StartPosition == StartPosition.Latest;
                cursor.MoveTo(isLatest ? OffsetPoint.Latest : OffsetPoint.Earliest);
            }
        }
    }

    private long NextOf(PartitionCursor cursor)
        => _inHand is { } batch && batch.Cursor == cursor && batch.Version == cursor.Version
            ? batch.NextOffset
            : cursor.Position;

    private void Settle(ConsumedBatch batch, BatchEnd end)
    {
        var (cursor, next) = (batch.Cursor, batch.NextOffset);
        if (batch.Version != cursor.Version)
        {
            batch.Chunk.Release();
        }
        else if (end != BatchEnd.Left)
        {
            // The chunk is read further than the records were handed out: they are fetched again.
            _bufferedBytes -= cursor.MoveTo(next);
            batch.Chunk.Release();
            cursor.Settled = end == BatchEnd.Broken ? next - 1 : next;
        }
        else if (batch.Chunk.HasFrom(next))
        {
            cursor.Advance(next);
            cursor.PutBack(batch.Chunk);
        }
        else
        {
            cursor.Advance(next);
            _bufferedBytes -= batch.Chunk.LengthBytes;
            cursor.Finish(batch.Chunk);
        }
    }
}
