using OrleansStream.Engine.Log;
using OrleansStream.Engine.Producers;
using OrleansStream.Protocols.Batches;
using OrleansStream.TestKit.Batches;

namespace OrleansStream.Engine.Tests.Log;

public sealed class SegmentBuilderTests
{
    private const long Now = 5_000;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void The_index_leads_to_every_offset_and_every_timestamp(int seed)
    {
        var random = new Random(seed);
        var batches = RandomBatches(random, count: 200);
        var footer = Build(batches);

        Assert.Equal(batches.Sum(batch => batch.Length), footer.BatchBytes);
        Assert.Equal(TestBatch.HeaderOf(batches[^1]).NextOffset, footer.NextOffset);
        var bytes = batches.SelectMany(batch => batch).ToArray();
        for (var offset = 0L; offset < footer.NextOffset; offset++)
        {
            var position = footer.FloorByOffset(offset);
            var cut = BatchCut.Find(bytes.AsSpan(position), offset, maxBytes: 1, mustTakeOne: true);
            var found = TestBatch.HeaderOf(bytes.AsSpan(position + cut.Start));
            Assert.InRange(offset, found.BaseOffset, found.LastOffset);
            Assert.InRange(cut.Start, 0, 4_096 + 1_000);
        }

        for (var timestamp = 0L; timestamp <= footer.MaxTimestamp; timestamp += 7)
        {
            var first = batches.First(batch => TestBatch.HeaderOf(batch).MaxTimestamp >= timestamp);
            var expected = TestBatch.HeaderOf(first).BaseOffset;
            var floor = footer.FloorByTimestamp(timestamp);
            Assert.InRange(expected, floor, NextIndexed(footer, floor) - 1);
        }
    }

    [Fact]
    public void Batches_may_come_one_by_one_or_many_at_a_time()
    {
        var batches = RandomBatches(new Random(1), count: 50);
        var builder = SegmentBuilder.After(0, [], default);
        builder.Add(batches.SelectMany(batch => batch).ToArray(), Now);

        Assert.Equal(Build(batches).ToBytes().ToArray(), builder.Build().ToBytes().ToArray());
    }

    [Fact]
    public void Epochs_and_producers_go_on_from_those_before()
    {
        var first = Stamp(TestBatch.Of(2, producerId: 7, baseSequence: 0), baseOffset: 0, epoch: 1);
        var second = Stamp(TestBatch.Of(3, producerId: 7, baseSequence: 2), baseOffset: 2, epoch: 4);
        var before = Build([first]);

        var builder = SegmentBuilder.After(before.NextOffset, before.Epochs, before.Producers);
        builder.Add(second, Now);
        var footer = builder.Build();

        Assert.Equal([new(1, 0), new(4, 2)], footer.Epochs);
        var producers = footer.ReadProducers();
        Assert.Equal(new SequenceCheck(SequenceVerdict.Duplicate, 0), producers.Check(TestBatch.HeaderOf(first)));
        Assert.Equal(new SequenceCheck(SequenceVerdict.Duplicate, 2), producers.Check(TestBatch.HeaderOf(second)));
        Assert.Equal(
            SequenceVerdict.Next, producers.Check(TestBatch.HeaderOf(second) with { BaseSequence = 5 }).Verdict);
    }

    [Fact]
    public void Producers_that_have_not_written_for_long_are_left_out()
    {
        var before = Build([Stamp(TestBatch.Of(producerId: 7), baseOffset: 0)]);

        var builder = SegmentBuilder.After(before.NextOffset, before.Epochs, before.Producers);
        builder.ForgetProducers(since: Now + 1);
        builder.Add(Stamp(TestBatch.Of(producerId: 8), baseOffset: 1), Now + 1);

        Assert.Equal(1, builder.Build().ReadProducers().Count);
    }

    [Fact]
    public void A_merged_segment_ends_as_the_last_of_those_it_replaces()
    {
        var batches = RandomBatches(new Random(1), count: 20);
        var last = Build(batches);

        var merging = SegmentBuilder.Merging(last);
        merging.Add(batches.SelectMany(batch => batch).ToArray(), Now + 1);

        Assert.Equal(last.ToBytes().ToArray(), merging.Build().ToBytes().ToArray());
    }

    [Fact]
    public void Bytes_that_do_not_end_with_a_whole_batch_are_refused()
    {
        var batch = TestBatch.Of();
        for (var length = 1; length < batch.Length; length++)
        {
            Assert.Throws<InvalidDataException>(
                () => SegmentBuilder.After(0, [], default).Add(batch.AsSpan(0, length), Now));
        }
    }

    private static long NextIndexed(SegmentFooter footer, long baseOffset)
        => footer.Index.Select(
            entry => entry.BaseOffset).Append(footer.NextOffset).First(offset => offset > baseOffset);

    private static SegmentFooter Build(IEnumerable<byte[]> batches)
    {
        var builder = SegmentBuilder.After(0, [], default);
        foreach (var batch in batches)
        {
            builder.Add(batch, Now);
        }

        return builder.Build();
    }

    private static List<byte[]> RandomBatches(Random random, int count)
    {
        List<byte[]> batches = [];
        var offset = 0L;
        for (var i = 0; i < count; i++)
        {
            var batch = TestBatch.Of(random.Next(1, 4), random.Next(250), timestamp: random.Next(2_000));
            batches.Add(Stamp(batch, offset));
            offset = TestBatch.HeaderOf(batch).NextOffset;
        }

        return batches;
    }

    private static byte[] Stamp(byte[] batch, long baseOffset, int epoch = 0)
    {
        BatchStamp.SetBaseOffset(batch, baseOffset);
        BatchStamp.SetLeaderEpoch(batch, epoch);
        return batch;
    }
}
