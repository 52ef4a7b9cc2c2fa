using OrleansStream.Engine.Log;

namespace OrleansStream.Engine.Tests.Log;

public sealed class EpochHistoryTests
{
    // Epoch 1 wrote offsets 0 to 9, epoch 3 offsets 10 to 24, epoch 4 from 25 on.
    private readonly EpochHistory _history = new([new(1, 0), new(3, 10), new(4, 25)]);

    [Theory]
    [InlineData(0, -1, -1)]
    [InlineData(1, 1, 10)]
    [InlineData(2, 1, 10)]
    [InlineData(3, 3, 25)]
    [InlineData(4, 4, 40)]
    [InlineData(9, 4, 40)]
    public void An_epoch_ends_where_the_next_one_begins(int epoch, int expectedEpoch, long expectedEnd)
        => Assert.Equal((expectedEpoch, expectedEnd), _history.FindEnd(epoch, logEndOffset: 40));

    [Theory]
    [InlineData(0, 1)]
    [InlineData(9, 1)]
    [InlineData(10, 3)]
    [InlineData(24, 3)]
    [InlineData(25, 4)]
    [InlineData(1_000, 4)]
    public void An_offset_was_written_in_the_last_epoch_that_began_before_it(long offset, int expected)
        => Assert.Equal(expected, _history.FindEpoch(offset));

    [Fact]
    public void Only_the_first_batch_of_an_epoch_is_noted()
    {
        _history.Record(4, 30);
        _history.Record(5, 31);
        _history.Record(5, 32);

        Assert.Equal([new(1, 0), new(3, 10), new(4, 25), new(5, 31)], _history.Starts);
    }

    [Theory]
    [InlineData(0, new[] { 1, 3, 4 }, 0)]
    [InlineData(9, new[] { 1, 3, 4 }, 9)]
    [InlineData(10, new[] { 3, 4 }, 10)]
    [InlineData(24, new[] { 3, 4 }, 24)]
    [InlineData(99, new[] { 4 }, 99)]
    public void Epochs_that_ended_before_the_log_start_are_forgotten(long logStart, int[] epochs, long firstStart)
    {
        _history.TrimBefore(logStart);

        Assert.Equal(epochs, _history.Starts.Select(start => start.Epoch));
        Assert.Equal(firstStart, _history.Starts[0].StartOffset);
    }

    [Fact]
    public void Nothing_is_known_of_an_empty_log()
    {
        var history = new EpochHistory([]);

        Assert.Equal((-1, -1), history.FindEnd(3, logEndOffset: 0));
        Assert.Equal(-1, history.FindEpoch(0));
    }
}
