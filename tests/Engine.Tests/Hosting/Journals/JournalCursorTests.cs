using OrleansStream.Contracts;
using OrleansStream.Engine.Hosting.Journals;
using OrleansStream.Engine.Hosting.Partitions;

namespace OrleansStream.Engine.Tests.Hosting.Journals;

public sealed class JournalCursorTests
{
    private readonly JournalCursor _cursor = new(
        new PartitionId(Guid.Empty, 0), new HighWatermark(0, TimeProvider.System));

    [Theory]
    [InlineData(0, 3)]
    [InlineData(9, 3)]
    [InlineData(10, 5)]
    [InlineData(24, 5)]
    [InlineData(25, 6)]
    [InlineData(1_000, 6)]
    public void The_oldest_file_is_the_one_that_holds_the_offset(long segmentedEndOffset, long expected)
    {
        // File 3 holds offsets 0 to 9, file 5 holds 10 to 24, file 6 holds 25 and on.
        _cursor.NoteWritten(3, 0);
        _cursor.NoteWritten(3, 5);
        _cursor.NoteWritten(5, 10);
        _cursor.NoteWritten(6, 25);

        Assert.Equal(expected, _cursor.OldestFile(segmentedEndOffset));
    }

    [Fact]
    public void Nothing_written_is_in_no_file() => Assert.Null(_cursor.OldestFile(0));
}
