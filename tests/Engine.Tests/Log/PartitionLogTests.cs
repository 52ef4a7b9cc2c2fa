using OrleansStream.Contracts;
using OrleansStream.Engine.Log;
using OrleansStream.Protocols.Batches;
using OrleansStream.TestKit.Batches;

namespace OrleansStream.Engine.Tests.Log;

public sealed class PartitionLogTests
{
    private const int Epoch = 3;

    private readonly CountingTailMemory _memory = new();
    private readonly PartitionLog _log;

    public PartitionLogTests() => _log = Open(PartitionHead.Empty with { Epoch = Epoch });

    [Fact]
    public void A_batch_is_stamped_with_its_offset_and_the_epoch_and_stays_valid()
    {
        Append(TestBatch.Of(2));
        var stored = Append(TestBatch.Of(3)).Stored;

        var header = TestBatch.HeaderOf(stored.Span);
        Assert.Equal((2L, Epoch, 5L), (header.BaseOffset, header.LeaderEpoch, header.NextOffset));
        AssertValid(stored.Span);
    }

    [Fact]
    public void The_logs_time_replaces_the_producers_where_the_topic_says_so()
    {
        var stored = Append(TestBatch.Of(timestamp: 5), appendTimestamp: 9_000).Stored;

        var header = TestBatch.HeaderOf(stored.Span);
        Assert.Equal((true, 9_000L), (header.HasLogAppendTime, header.MaxTimestamp));
        AssertValid(stored.Span);
    }

    [Fact]
    public void A_max_timestamp_that_is_not_that_of_the_records_is_corrected()
    {
        var batch = TestBatch.Of(2, timestamp: 100);
        BatchStamp.SetMaxTimestamp(batch, 5_000);

        var stored = Append(batch).Stored;

        Assert.Equal(101, TestBatch.HeaderOf(stored.Span).MaxTimestamp);
        AssertValid(stored.Span);
    }

    [Fact]
    public void A_retry_is_not_stored_again()
    {
        var first = Append(TestBatch.Of(2, producerId: 7));
        var retry = Append(TestBatch.Of(2, producerId: 7));

        Assert.Equal(
            (first.BaseOffset, first.NextOffset, true), (retry.BaseOffset, retry.NextOffset, retry.Stored.IsEmpty));
        Assert.Equal(2, _log.LogEndOffset);
    }

    [Theory]
    [InlineData(1, 5, StreamError.OutOfOrderSequence)]
    [InlineData(0, 0, StreamError.InvalidProducerEpoch)]
    public void A_gap_and_an_old_session_are_refused(short epoch, int sequence, StreamError expected)
    {
        Append(TestBatch.Of(2, producerId: 7, producerEpoch: 1));

        var outcome = Append(TestBatch.Of(1, producerId: 7, producerEpoch: epoch, baseSequence: sequence));

        Assert.Equal(expected, outcome.Error);
        Assert.Equal(2, _log.LogEndOffset);
    }

    [Fact]
    public void A_log_goes_on_after_its_segments_or_where_its_head_says()
    {
        var segment = Segment(0, 10);

        Assert.Equal(10, Open(PartitionHead.Empty, segment).LogEndOffset);
        Assert.Equal(25, Open(PartitionHead.Empty with { NextOffset = 25 }, segment).LogEndOffset);
    }

    [Theory]
    [InlineData(1, 1, 10)]
    [InlineData(2, 1, 10)]
    [InlineData(Epoch, Epoch, 12)]
    [InlineData(9, Epoch, 12)]
    public void Where_an_epoch_ended_is_known_from_the_segments_and_from_memory(int epoch, int expected, long end)
    {
        var log = new PartitionLog(
            new LogOpening(
                PartitionHead.Empty with { Epoch = Epoch }, [Segment(0, 10)], [new(1, 0)], default), _memory);
        log.Append(TestBatch.Of(2), TestBatch.HeaderOf(TestBatch.Of(2)), 1_001, null, 0, 0);

        Assert.Equal((expected, end), log.FindEpochEnd(epoch, log.LogEndOffset));
    }

    [Fact]
    public void A_merged_segment_takes_the_place_of_those_it_holds()
    {
        var log = Open(PartitionHead.Empty, Segment(0, 10), Segment(10, 20), Segment(20, 30), Segment(30, 40));

        var old = log.Segments.Skip(1).Take(2).ToArray();
        using var reader = log.PlanRead(25, 1, highWatermark: 40);
        var retired = log.ReplaceSegments(old, Segment(10, 30));

        Assert.Equal(
            [(0L, 10L), (10L, 30L), (30L, 40L)],
            log.Segments.Select(segment => (segment.BaseOffset, segment.NextOffset)));
        Assert.Equal(old, retired);
        Assert.Equal([true, false], retired.Select(segment => segment.IsReleased));
        reader.Dispose();
        Assert.True(retired[1].IsReleased);
    }

    [Theory]
    [InlineData("100", "-1", 20)]
    [InlineData("151", "-1", 10)]
    [InlineData("10000", "-1", 0)]
    [InlineData("-1", "200", 10)]
    [InlineData("-1", "201", 0)]
    [InlineData("-1", "0", 30)]
    public void Whole_segments_go_when_they_are_too_old_or_too_many(string milliseconds, string bytes, long expected)
    {
        // A hundred bytes each; the last records are of the times 900, 990 and 1,050.
        var log = Open(
            PartitionHead.Empty,
            Segment(0, 10, timestamp: 900),
            Segment(10, 20, timestamp: 990), Segment(20, 30, timestamp: 1_100));
        var config = TopicConfig.Parse(
            new Dictionary<string, string> { ["retention.ms"] = milliseconds, ["retention.bytes"] = bytes });

        Assert.Equal(expected, log.FindRetainedStart(config, now: 1_100));
    }

    [Fact]
    public void Records_without_a_time_are_as_old_as_their_segment()
    {
        var log = Open(PartitionHead.Empty, Segment(0, 10, timestamp: -1) with { WrittenTimestamp = 1_000 });
        var config = TopicConfig.Parse(new Dictionary<string, string> { ["retention.ms"] = "50" });

        Assert.Equal(0, log.FindRetainedStart(config, now: 1_050));
        Assert.Equal(10, log.FindRetainedStart(config, now: 1_051));
    }

    [Fact]
    public void A_segment_that_was_forgotten_while_it_was_written_moves_nothing_back()
    {
        for (var i = 0; i < 100; i++)
        {
            Append(TestBatch.Of(valueBytes: 1_000));
        }

        _log.ForgetTail(keepBytes: 10_000);
        var (start, unsegmented) = (_log.LogStartOffset, _log.UnsegmentedBytes);
        _log.AddSegment(Segment(0, 5));

        Assert.InRange(start, 6, 99);
        Assert.Equal(
            (start, start, unsegmented), (_log.LogStartOffset, _log.SegmentedEndOffset, _log.UnsegmentedBytes));
        Assert.Single(_log.AdvanceLogStart(start));
    }

    [Fact]
    public void What_is_forgotten_is_out_of_range_and_its_memory_free()
    {
        for (var i = 0; i < 100; i++)
        {
            Append(TestBatch.Of(valueBytes: 1_000));
        }

        var rented = _memory.RentedChunks;
        _log.ForgetTail(keepBytes: 50_000);

        Assert.InRange(_memory.RentedChunks, 1, rented - 1);
        Assert.InRange(_log.SizeBytes, 50_000, 50_000 + Tail.MaxChunkBytes);
        Assert.Equal(StreamError.OffsetOutOfRange, _log.PlanRead(_log.LogStartOffset - 1, 1, 100).Error);
        using var plan = _log.PlanRead(_log.LogStartOffset, 1, 100);
        Assert.Equal(_log.LogStartOffset, TestBatch.HeaderOf(plan.Tail!.Pieces[0].Span).BaseOffset);
    }

    private static SegmentEntry Segment(long baseOffset, long nextOffset, long timestamp = 1_000)
        => new(baseOffset, 1, baseOffset, nextOffset, 100, 100, timestamp, timestamp);

    private static void AssertValid(ReadOnlySpan<byte> stored)
        => Assert.Equal(
            TestBatch.HeaderOf(stored).Crc, Crc32C.Compute(stored[21..])); // The checksum covers what follows it.

    private PartitionLog Open(PartitionHead head, params SegmentEntry[] segments)
        => new(new LogOpening(head, segments, [], default), _memory);

    private AppendOutcome Append(byte[] batch, long? appendTimestamp = null)
    {
        var check = BatchValidator.Check(batch, BatchLimits.Of(TopicConfig.Default, now: 0));
        Assert.Null(check.Message);
        return _log.Append(
            batch, check.Header, check.MaxTimestamp, appendTimestamp, now: 0, chargedBytes: batch.Length);
    }
}
