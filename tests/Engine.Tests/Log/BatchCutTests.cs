using OrleansStream.Engine.Log;
using OrleansStream.Protocols.Batches;
using OrleansStream.TestKit.Batches;

namespace OrleansStream.Engine.Tests.Log;

public sealed class BatchCutTests
{
    // Three batches of 2, 3 and 1 records from offset 10 on.
    private static readonly byte[][] Batches = [At(10, 2), At(12, 3), At(15, 1)];
    private static readonly byte[] Bytes = [.. Batches.SelectMany(batch => batch)];
    private static readonly int[] Ends = [Batches[0].Length, Batches[0].Length + Batches[1].Length, Bytes.Length];

    [Theory]
    [InlineData(9, 0, 3)]
    [InlineData(10, 0, 3)]
    [InlineData(11, 0, 3)]
    [InlineData(12, 1, 3)]
    [InlineData(14, 1, 3)]
    [InlineData(15, 2, 3)]
    public void The_first_batch_taken_holds_the_offset(long offset, int first, int end)
        => Assert.Equal(Cut(first, end), BatchCut.Find(Bytes, offset, int.MaxValue, mustTakeOne: true));

    [Fact]
    public void Behind_the_last_batch_the_next_one_is_asked_for()
        => Assert.Equal(
            new BatchCut(0, 0, -1, BatchHeader.SizeBytes), BatchCut.Find(Bytes, 16, int.MaxValue, mustTakeOne: true));

    [Fact]
    public void Only_whole_batches_within_the_limit_are_taken()
    {
        for (var maxBytes = 0; maxBytes <= Bytes.Length; maxBytes++)
        {
            var count = Ends.Count(end => end <= maxBytes);

            Assert.Equal(Cut(0, count), BatchCut.Find(Bytes, 10, maxBytes, mustTakeOne: false));
            Assert.Equal(Cut(0, Math.Max(1, count)), BatchCut.Find(Bytes, 10, maxBytes, mustTakeOne: true));
        }
    }

    // Whatever is there of the bytes, either the answer is that of all bytes, cut to what is there, or it says how many
    // more are needed; and with those it gets on.
    [Theory]
    [InlineData(10, 0)]
    [InlineData(13, 1)]
    [InlineData(15, 2)]
    public void Bytes_that_end_early_give_fewer_batches_or_ask_for_more(long offset, int first)
    {
        for (var length = 0; length <= Bytes.Length; length++)
        {
            var cut = BatchCut.Find(Bytes.AsSpan(0, length), offset, int.MaxValue, mustTakeOne: true);
            var whole = Ends.Count(end => end <= length);
            if (cut.MissingBytes == 0)
            {
                Assert.Equal(whole > first ? Cut(first, whole) : new BatchCut(0, 0, -1, 0), cut);
            }
            else
            {
                Assert.True(whole <= first, $"{length} bytes hold batch {first}.");
            }
        }
    }

    [Fact]
    public void The_bytes_asked_for_are_enough_to_get_on()
    {
        var length = 0;
        var rounds = 0;
        BatchCut cut;
        while ((cut = BatchCut.Find(Bytes.AsSpan(0, length), 15, 1, mustTakeOne: true)).NextOffset < 0)
        {
            length = Math.Min(Bytes.Length, length + Math.Max(1, cut.MissingBytes));
            rounds++;
        }

        Assert.Equal(Cut(2, 3), cut);
        Assert.InRange(rounds, 1, 6);
    }

    [Fact]
    public void Bytes_that_are_no_batch_are_refused()
    {
        var bytes = Bytes.ToArray();
        bytes[Ends[0] + 16] = 1; // The magic of the second batch.

        Assert.Throws<InvalidDataException>(() => BatchCut.Find(bytes, 12, int.MaxValue, mustTakeOne: true));
    }

    private static BatchCut Cut(int first, int end)
        => end == first
            ? new BatchCut(Start(first), Start(first), -1, 0)
            : new BatchCut(Start(first), Ends[end - 1], TestBatch.HeaderOf(Batches[end - 1]).NextOffset, 0);

    private static int Start(int batch) => batch == 0 ? 0 : Ends[batch - 1];

    private static byte[] At(long baseOffset, int recordCount)
    {
        var batch = TestBatch.Of(recordCount);
        BatchStamp.SetBaseOffset(batch, baseOffset);
        return batch;
    }
}
