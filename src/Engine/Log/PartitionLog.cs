using OrleansStream.Contracts;
using OrleansStream.Engine.Producers;
using OrleansStream.Protocols.Batches;

namespace OrleansStream.Engine.Log;

/// <summary>What a log is opened with: its rows, and what the footer of its last segment says.</summary>
/// <param name="IsWhole">Whether these are all segments; else only the last, and the others come later.</param>
public sealed record LogOpening(
    PartitionHead Head,
    IReadOnlyList<SegmentEntry> Segments,
    IReadOnlyList<EpochStart> Epochs,
    ReadOnlyMemory<byte> Producers,
    bool IsWhole = true);

/// <summary>The log of one partition: gives batches their offsets and knows where each of them lies.</summary>
/// <remarks>
/// Synchronous and deterministic: whoever hosts it calls it from one turn at a time and does all waiting and all
/// input and output outside. New batches are in the <see cref="Tail"/>; what is flushed to segments leaves it.
///
/// <code>
/// log start          segmented end          high watermark          log end
///     |---- segments -----|-------- tail, flushed -----|-- tail, not yet --|
/// </code>
///
/// The high watermark is not kept here: it moves when a journal flush ends, outside of any turn, and is passed in.
/// </remarks>
public sealed class PartitionLog
{
    private const int MaxSegmentsPerRead = 16;

    private readonly List<LogSegment> _segments;
    private readonly ProducerSequences _producers;
    private readonly EpochHistory _epochs;
    private readonly Tail _tail;
    private bool _isWhole;

    public PartitionLog(LogOpening opening, ITailMemory memory)
    {
        var head = opening.Head;
        _segments = [.. opening.Segments.OrderBy(segment => segment.BaseOffset).Select(entry => new LogSegment(entry))];
        _producers = opening.Producers.IsEmpty
            ? new ProducerSequences()
            : ProducerSequences.Read(opening.Producers.Span);
        _epochs = new EpochHistory(opening.Epochs);
        _isWhole = opening.IsWhole;
        Epoch = head.Epoch;
        LogStartOffset = head.LogStartOffset;
        SegmentedEndOffset = Math.Max(head.NextOffset, _segments.Count == 0 ? 0 : _segments[^1].NextOffset);
        _tail = new Tail(SegmentedEndOffset, memory);
        foreach (var segment in _segments)
        {
            SegmentBytes += segment.Entry.BatchBytes;
        }
    }

    public int Epoch { get; }

    public long LogStartOffset { get; private set; }

    public long LogEndOffset => _tail.EndOffset;

    /// <summary>Everything before this offset is in segments, or deleted.</summary>
    public long SegmentedEndOffset { get; private set; }

    public long SegmentBytes { get; private set; }

    /// <summary>The bytes of all batches, in segments and in memory.</summary>
    public long SizeBytes => SegmentBytes + UnsegmentedBytes;

    /// <summary>The bytes of the batches that are in memory only.</summary>
    public long UnsegmentedBytes { get; private set; }

    public IReadOnlyList<LogSegment> Segments => _segments;

    public IReadOnlyList<EpochStart> Epochs => _epochs.Starts;

    /// <summary>Whether it is known which segment holds an offset.</summary>
    public bool Knows(long offset)
        => _isWhole || offset >= (_segments.Count == 0 ? SegmentedEndOffset : _segments[0].BaseOffset);

    /// <summary>Takes in the segments that it was opened without. Until then no segment is taken in or out.</summary>
    /// <param name="segments">All that there are, in order.</param>
    public void AddHistory(IEnumerable<SegmentEntry> segments)
    {
        LogSegment[] older =
            [.. segments.Where(entry => !Knows(entry.BaseOffset)).Select(entry => new LogSegment(entry))];
        _segments.InsertRange(0, older);
        SegmentBytes += older.Sum(segment => segment.Entry.BatchBytes);
        _isWhole = true;
    }

    /// <summary>Gives a checked batch its place, or finds the place it got the first time.</summary>
    /// <param name="batch">A batch that <see cref="BatchValidator"/> found right. Borrowed: it is copied.</param>
    /// <param name="maxTimestamp">
    /// The latest of its records; a header that says otherwise is corrected in the copy.
    /// </param>
    /// <param name="appendTimestamp">
    /// Milliseconds since 1970 to stamp the batch with; null keeps the producer's.
    /// </param>
    /// <param name="now">Milliseconds since 1970.</param>
    /// <param name="chargedBytes">What was reserved for the batch; given back with its memory.</param>
    public AppendOutcome Append(
        ReadOnlySpan<byte> batch,
        in BatchHeader header,
        long maxTimestamp,
        long? appendTimestamp,
        long now,
        long chargedBytes)
    {
        if (header.HasProducer)
        {
            var check = _producers.Check(header);
            switch (check.Verdict)
            {
                case SequenceVerdict.Duplicate:
                    return new(StreamError.None, check.BaseOffset, check.BaseOffset + header.RecordCount, -1, default);
                case SequenceVerdict.Gap:
                    return AppendOutcome.Refused(StreamError.OutOfOrderSequence);
                case SequenceVerdict.Fenced:
                    return AppendOutcome.Refused(StreamError.InvalidProducerEpoch);
            }
        }

        var baseOffset = _tail.EndOffset;
        var nextOffset = baseOffset + header.LastOffsetDelta + 1;
        var stored = _tail.Append(batch, nextOffset, chargedBytes);
        BatchStamp.SetBaseOffset(stored.Span, baseOffset);
        BatchStamp.SetLeaderEpoch(stored.Span, Epoch);
        if (appendTimestamp is { } timestamp)
        {
            BatchStamp.SetLogAppendTime(stored.Span, timestamp);
        }
        else if (maxTimestamp != header.MaxTimestamp)
        {
            BatchStamp.SetMaxTimestamp(stored.Span, maxTimestamp);
        }

        if (header.HasProducer)
        {
            _producers.Apply(header, baseOffset, now);
        }

        _epochs.Record(Epoch, baseOffset);
        UnsegmentedBytes += batch.Length;
        return new(StreamError.None, baseOffset, nextOffset, appendTimestamp ?? -1, stored);
    }

    /// <summary>Plans a read of whole batches from an offset up to the high watermark.</summary>
    public ReadPlan PlanRead(long offset, long maxBytes, long highWatermark)
    {
        if (offset < LogStartOffset || offset > LogEndOffset)
        {
            return ReadPlan.Nothing(StreamError.OffsetOutOfRange, LogStartOffset);
        }

        if (offset >= highWatermark)
        {
            return ReadPlan.Nothing(StreamError.None, LogStartOffset);
        }

        if (offset < _tail.StartOffset)
        {
            return new(StreamError.None, LogStartOffset, offset, HoldSegments(offset, maxBytes), null);
        }

        var read = new TailRead(maxBytes);
        var nextOffset = _tail.Read(offset, highWatermark, read);
        return new(StreamError.None, LogStartOffset, offset, [], read) { IsCut = nextOffset < highWatermark };
    }

    /// <summary>
    /// Holds the segments that may contain a record at or after a timestamp, oldest first, and the tail.
    /// </summary>
    /// <param name="timestamp">Milliseconds since 1970.</param>
    public ReadPlan PlanSearch(long timestamp, long highWatermark)
    {
        var segments = _segments.Where(segment => segment.Entry.MaxTimestamp >= timestamp).ToArray();
        foreach (var segment in segments)
        {
            segment.Hold();
        }

        var tail = new TailRead(long.MaxValue);
        _tail.Read(Math.Max(_tail.StartOffset, SegmentedEndOffset), highWatermark, tail);
        return new(StreamError.None, LogStartOffset, LogStartOffset, segments, tail);
    }

    /// <summary>
    /// Slices of the tail that are in no segment yet, from the first on, for a segment of about this size.
    /// </summary>
    public TailRead PlanSegment(long maxBytes, long highWatermark)
    {
        var read = new TailRead(maxBytes);
        _tail.Read(SegmentedEndOffset, highWatermark, read);
        return read;
    }

    /// <summary>Takes in a segment that is durable and in the manifest, and frees the memory of its batches.</summary>
    public void AddSegment(SegmentEntry entry)
    {
        // Its batches may have been forgotten while it was written: then the log start is behind it already.
        _segments.Add(new LogSegment(entry));
        SegmentBytes += entry.BatchBytes;
        SegmentedEndOffset = Math.Max(SegmentedEndOffset, entry.NextOffset);
        _tail.Trim(SegmentedEndOffset);
        UnsegmentedBytes = _tail.SizeFrom(SegmentedEndOffset);
    }

    /// <summary>Puts one segment in the place of adjacent ones with the same records, or with more of them.</summary>
    /// <param name="replacement">
    /// Null when no record is left. Never so for the last segment: readers of the end have to find something there.
    /// </param>
    /// <returns>The segments replaced; their files go once they are <see cref="LogSegment.IsReleased"/>.</returns>
    public IReadOnlyList<LogSegment> ReplaceSegments(IReadOnlyList<LogSegment> old, SegmentEntry? replacement)
    {
        var index = _segments.IndexOf(old[0]);
        _segments.RemoveRange(index, old.Count);
        SegmentBytes += (replacement?.BatchBytes ?? 0) - old.Sum(segment => segment.Entry.BatchBytes);
        if (replacement is not null)
        {
            _segments.Insert(index, new LogSegment(replacement));
        }

        return Retire(old);
    }

    /// <summary>Moves the log start forward and drops the segments that lie wholly before it.</summary>
    /// <returns>The segments dropped; their files go once they are <see cref="LogSegment.IsReleased"/>.</returns>
    public IReadOnlyList<LogSegment> AdvanceLogStart(long offset)
    {
        LogStartOffset = Math.Max(LogStartOffset, offset);
        var dropped = _segments.TakeWhile(segment => segment.NextOffset <= LogStartOffset).ToArray();
        _segments.RemoveRange(0, dropped.Length);
        foreach (var segment in dropped)
        {
            SegmentBytes -= segment.Entry.BatchBytes;
        }

        _epochs.TrimBefore(LogStartOffset);
        return Retire(dropped);
    }

    /// <summary>Forgets the oldest batches in memory, which are in no segment, as far as enough bytes remain.</summary>
    /// <remarks>Only for a topic that keeps its records in memory: they are gone.</remarks>
    public IReadOnlyList<LogSegment> ForgetTail(long keepBytes)
    {
        var offset = _tail.OffsetThatLeaves(keepBytes);
        if (offset <= SegmentedEndOffset)
        {
            return [];
        }

        SegmentedEndOffset = offset;
        _tail.Trim(offset);
        UnsegmentedBytes = _tail.SizeFrom(offset);
        return AdvanceLogStart(offset);
    }

    /// <summary>
    /// Does what <see cref="ForgetTail"/> does as long as nothing is in segments: then no file has to go.
    /// </summary>
    public void ForgetOldChunks(long keepBytes)
    {
        if (_segments.Count == 0 && UnsegmentedBytes > keepBytes + Tail.MaxChunkBytes)
        {
            ForgetTail(keepBytes);
        }
    }

    /// <summary>
    /// Where the log start belongs by age and size: always the end of a segment, as segments go whole.
    /// </summary>
    /// <param name="now">Milliseconds since 1970.</param>
    public long FindRetainedStart(TopicConfig config, long now)
    {
        var start = LogStartOffset;
        var remaining = SizeBytes;
        foreach (var segment in _segments)
        {
            var tooOld = config.Retention is { } age && segment.Entry.AgeTimestamp < now - (long)age.TotalMilliseconds;
            var tooMuch = config.RetentionBytes is { } limit && remaining - segment.Entry.BatchBytes >= limit;
            if (!tooOld && !tooMuch)
            {
                break;
            }

            start = segment.NextOffset;
            remaining -= segment.Entry.BatchBytes;
        }

        return Math.Max(start, LogStartOffset);
    }

    /// <summary>The largest epoch not above the one asked about, and the offset after its last record.</summary>
    public (int Epoch, long EndOffset) FindEpochEnd(int epoch, long highWatermark)
        => epoch == Epoch ? (Epoch, highWatermark) : _epochs.FindEnd(epoch, highWatermark);

    /// <summary>The epoch in which an offset was or will be written; -1 when that is no longer known.</summary>
    public int FindEpoch(long offset) => offset >= LogEndOffset ? Epoch : _epochs.FindEpoch(offset);

    /// <summary>Whether sequences of a producer are remembered, which a segment has to keep.</summary>
    public bool HasProducers => _producers.Count > 0;

    /// <summary>Forgets producers that have not written since a time.</summary>
    /// <param name="since">Milliseconds since 1970.</param>
    public void ForgetProducers(long since) => _producers.Forget(since);

    /// <summary>Gives all memory back. The log is not used any more.</summary>
    public void Close() => _tail.Trim(long.MaxValue);

    private LogSegment[] HoldSegments(long offset, long maxBytes)
    {
        var first = FindSegment(offset);
        var count = 0;
        var bytes = 0L;
        while (first + count < _segments.Count && count < MaxSegmentsPerRead && (count == 0 || bytes < maxBytes))
        {
            // Not the first's: of it perhaps only the end is left, and the next one is to be read ahead.
            bytes += count == 0 ? 0 : _segments[first + count].Entry.BatchBytes;
            _segments[first + count].Hold();
            count++;
        }

        return [.. _segments.Skip(first).Take(count)];
    }

    private int FindSegment(long offset)
    {
        var (low, high) = (0, _segments.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = _segments[middle].NextOffset <= offset ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    private static IReadOnlyList<LogSegment> Retire(IReadOnlyList<LogSegment> segments)
    {
        foreach (var segment in segments)
        {
            segment.Release();
        }

        return segments;
    }
}
