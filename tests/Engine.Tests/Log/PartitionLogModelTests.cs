using OrleansStream.Contracts;
using OrleansStream.Engine.Log;
using OrleansStream.TestKit.Batches;

namespace OrleansStream.Engine.Tests.Log;

/// <summary>Holds the log against a list of batches under random work.</summary>
public sealed class PartitionLogModelTests
{
    private readonly CountingTailMemory _memory = new();
    private readonly LogModel _model = new();
    private readonly PartitionLog _log;
    private long _highWatermark;
    private long _generation;

    public PartitionLogModelTests()
        => _log = new PartitionLog(new LogOpening(PartitionHead.Empty with { Epoch = 1 }, [], [], default), _memory);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Every_read_of_the_tail_is_what_the_model_says(int seed)
    {
        var random = new Random(seed);
        for (var i = 0; i < 300; i++)
        {
            Append(RandomBatch(random));
        }

        _highWatermark = RandomBoundary(random, _log.LogEndOffset / 2, _log.LogEndOffset);
        for (var offset = 0L; offset < _model.EndOffset; offset++)
        {
            CheckRead(offset, random.Next(-1, 9_000));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Random_appends_flushes_and_reads_agree_with_the_model(int seed)
    {
        var random = new Random(seed);
        for (var i = 0; i < 800; i++)
        {
            switch (random.Next(12))
            {
                case < 6:
                    Append(RandomBatch(random));
                    break;
                case < 8:
                    _highWatermark = RandomBoundary(random, _highWatermark, _log.LogEndOffset);
                    break;
                case < 9:
                    FlushSegment(random.Next(1, 100_000));
                    break;
                case < 10 when random.Next(5) == 0:
                    AdvanceLogStart(random.NextInt64(_log.LogStartOffset, _highWatermark + 1));
                    break;
                default:
                    CheckRead(random.NextInt64(_log.LogStartOffset, _log.LogEndOffset + 1), random.Next(20_000));
                    break;
            }

            CheckSizes();
        }

        _log.Close();
        Assert.Equal(0, _memory.RentedChunks);
        Assert.Equal(_model.Batches.Sum(batch => batch.Length), _memory.ReleasedBytes);
    }

    [Fact]
    public void Offsets_before_the_start_or_behind_the_end_are_out_of_range()
    {
        Append(TestBatch.Of(10));
        _highWatermark = 10;
        AdvanceLogStart(4);

        Assert.Equal(StreamError.OffsetOutOfRange, _log.PlanRead(3, 1, _highWatermark).Error);
        Assert.Equal(StreamError.OffsetOutOfRange, _log.PlanRead(11, 1, _highWatermark).Error);
        Assert.Equal(StreamError.None, _log.PlanRead(10, 1, _highWatermark).Error);
    }

    [Fact]
    public void What_is_not_flushed_is_not_read()
    {
        Append(TestBatch.Of(10));

        var plan = _log.PlanRead(0, int.MaxValue, highWatermark: 0);

        Assert.Equal((StreamError.None, 0, null), (plan.Error, plan.Segments.Count, plan.Tail));
    }

    [Fact]
    public void A_readers_memory_is_not_given_back_before_the_reader_lets_go()
    {
        Append(TestBatch.Of(5, fill: 7));
        _highWatermark = 5;
        var expected = _model.Read(0, int.MaxValue, _highWatermark);

        using var plan = _log.PlanRead(0, int.MaxValue, _highWatermark);
        FlushSegment(int.MaxValue);

        Assert.Equal(1, _memory.RentedChunks);
        Assert.Equal(expected, plan.Tail!.Pieces.Single().ToArray());

        plan.Dispose();
        plan.Dispose();
        Assert.Equal(0, _memory.RentedChunks);
    }

    private static byte[] RandomBatch(Random random)
        => TestBatch.Of(
            random.Next(1, 6),
            random.Next(10) == 0 ? random.Next(6_000) : random.Next(200),
            (byte)random.Next());

    private void Append(byte[] batch)
    {
        var header = TestBatch.HeaderOf(batch);
        var outcome = _log.Append(batch, header, header.MaxTimestamp, null, now: 0, chargedBytes: batch.Length);

        Assert.Equal((StreamError.None, _model.EndOffset), (outcome.Error, outcome.BaseOffset));
        _model.Append(outcome.Stored);
        Assert.Equal(_model.EndOffset, _log.LogEndOffset);
    }

    private void FlushSegment(int maxBytes)
    {
        var baseOffset = _log.SegmentedEndOffset;
        using var read = _log.PlanSegment(maxBytes, _highWatermark);
        var bytes = read.Pieces.SelectMany(piece => piece.ToArray()).ToArray();

        Assert.Equal(_model.Read(baseOffset, maxBytes, _highWatermark), bytes);
        if (bytes.Length > 0)
        {
            var nextOffset = TestBatch.HeaderOf(TestBatch.Split(bytes)[^1].Span).NextOffset;
            _log.AddSegment(
                new SegmentEntry(baseOffset, 1, _generation++, nextOffset, bytes.Length, bytes.Length, 0, 0));
        }
    }

    private void AdvanceLogStart(long offset)
    {
        var dropped = _log.AdvanceLogStart(offset);

        Assert.Equal(offset, _log.LogStartOffset);
        Assert.All(dropped, segment => Assert.True(segment.NextOffset <= offset && segment.IsReleased));
    }

    private void CheckRead(long offset, int maxBytes)
    {
        using var plan = _log.PlanRead(offset, maxBytes, _highWatermark);
        Assert.Equal(StreamError.None, plan.Error);
        if (plan.Tail is { } tail)
        {
            var expected = _model.Read(offset, maxBytes, _highWatermark);
            Assert.Equal(expected, tail.Pieces.SelectMany(piece => piece.ToArray()));
            Assert.Equal(expected.Length, tail.LengthBytes);
            Assert.All(tail.Pieces, piece => TestBatch.Split(piece));
        }
        else if (plan.Segments.Count > 0)
        {
            Assert.InRange(offset, plan.Segments[0].BaseOffset, plan.Segments[0].NextOffset - 1);
            Assert.All(
                plan.Segments.Zip(plan.Segments.Skip(1)),
                pair => Assert.Equal(pair.First.NextOffset, pair.Second.BaseOffset));
        }
        else
        {
            Assert.True(offset >= _highWatermark, $"Nothing was found at {offset}, below {_highWatermark}.");
        }
    }

    private void CheckSizes()
    {
        Assert.Equal(_model.BytesBetween(_log.SegmentedEndOffset, _log.LogEndOffset), _log.UnsegmentedBytes);
        Assert.Equal(_log.Segments.Sum(segment => segment.Entry.BatchBytes), _log.SegmentBytes);
    }

    private long RandomBoundary(Random random, long from, long to)
    {
        var boundaries = _model.Batches.Select(batch => TestBatch.HeaderOf(batch.Span).NextOffset)
            .Where(offset => offset >= from && offset <= to).Append(from).ToArray();
        return boundaries[random.Next(boundaries.Length)];
    }
}
