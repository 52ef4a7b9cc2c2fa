using OrleansStream.Engine.Log.Compaction;
using OrleansStream.Protocols.Batches;
using OrleansStream.TestKit.Batches;

namespace OrleansStream.Engine.Tests.Log.Compaction;

public sealed class BatchCompactorTests
{
    private const long Now = 1_000_000;
    private const long DeleteRetention = 500;

    private static readonly KeyedRecord[] Old = [new("a", "1", 10), new("b", "1", 40), new("c", "1", 20)];
    private static readonly KeyedRecord[] New = [new("b", "2", 50), new("d", "2", 30)];

    [Theory]
    [InlineData(CompressionCodec.None)]
    [InlineData(CompressionCodec.Gzip)]
    [InlineData(CompressionCodec.Snappy)]
    [InlineData(CompressionCodec.Lz4)]
    public void What_is_superseded_goes_and_the_rest_keeps_its_offset_its_producer_and_its_codec(CompressionCodec codec)
    {
        var log = KeyedBatch.Log(KeyedBatch.Of(Old, codec, producerId: 7, baseSequence: 3), KeyedBatch.Of(New, codec));

        var compacted = Compact(log);

        Assert.Equal(
            [(0, Old[0]), (2, Old[2]), (3, New[0]), (4, New[1])], KeyedBatch.Read(compacted));
        var header = TestBatch.HeaderOf(compacted);
        var before = TestBatch.HeaderOf(log);
        Assert.Equal(
            before with { RecordCount = 2, MaxTimestamp = 20, Crc = header.Crc, BatchLength = header.BatchLength },
            header);
        Assert.Equal(codec, header.Codec);
    }

    [Fact]
    public void A_batch_without_records_goes_unless_it_is_the_last()
    {
        var log = KeyedBatch.Log(
            KeyedBatch.Of(New, producerId: 7), KeyedBatch.Of(New), KeyedBatch.Of([new(null, "keyless")]));

        var compacted = Compact(log, lastOffset: 5);

        Assert.Equal([(2, New[0]), (3, New[1])], KeyedBatch.Read(compacted));
        var last = TestBatch.HeaderOf(TestBatch.Split(compacted)[^1].Span);
        Assert.Equal((4, 5, 0, -1), (last.BaseOffset, last.NextOffset, last.RecordCount, last.MaxTimestamp));
        Assert.Equal(KeyedBatch.Read(compacted), KeyedBatch.Read(Compact(compacted)));
        Assert.Equal(2 + 2, TestBatch.HeaderOf(TestBatch.Split(Compact(compacted))[^1].Span).NextOffset);
    }

    [Fact]
    public void A_tombstone_stays_for_as_long_as_it_is_to_be_seen()
    {
        KeyedRecord tombstone = new("a", null, 60);
        var log = KeyedBatch.Log(KeyedBatch.Of(Old), KeyedBatch.Of([tombstone, new("e", "5", 70)]));

        var first = Compact(log);
        var waiting = Compact(first, startOffset: 5, now: Now + DeleteRetention - 1);
        var last = Compact(first, startOffset: 5, now: Now + DeleteRetention);

        (long, KeyedRecord)[] kept = [(1, Old[1]), (2, Old[2]), (3, tombstone), (4, new("e", "5", 70))];
        Assert.Equal(kept, KeyedBatch.Read(first));
        var header = TestBatch.HeaderOf(TestBatch.Split(first)[1].Span);
        Assert.Equal(
            (true, Now + DeleteRetention, 70), (header.HasDeleteHorizon, header.BaseTimestamp, header.MaxTimestamp));
        Assert.Equal(first, waiting);
        Assert.Equal(kept.Where(record => record.Item2.Value is not null), KeyedBatch.Read(last));
    }

    [Fact]
    public void A_batch_that_cannot_be_decoded_stays_and_so_do_the_tombstones_behind_it()
    {
        var zstd = UndecodableOf(Old);
        var log = KeyedBatch.Log(KeyedBatch.Of(Old), zstd, KeyedBatch.Of([new("a", null)]));

        var compacted = Compact(log);
        var later = Compact(compacted, startOffset: 7, now: long.MaxValue - 1);

        var batches = TestBatch.Split(compacted);
        Assert.Equal([(1, Old[1]), (2, Old[2])], KeyedBatch.Read(batches[0]));
        Assert.Equal(TestBatch.Split(log)[1], batches[1].ToArray());
        Assert.Equal([(6, new("a", null))], KeyedBatch.Read(batches[2]));
        Assert.Equal(compacted, later);
    }

    [Fact]
    public void A_horizon_given_before_it_was_known_of_an_undecoded_batch_is_taken_back()
    {
        var zstd = UndecodableOf(Old);
        var batches = TestBatch.Split(KeyedBatch.Log(zstd, KeyedBatch.Of([new("a", null)]), KeyedBatch.Of(New)));
        using var pass = new CompactionPass(
            new CompactionMemory(0, count: 10, 10_000, seed: 1), new DirtyRange(0, 10, 0, 0), Now, DeleteRetention);
        Note(pass, batches[0]);
        Note(pass, batches[1]);
        Note(pass, batches[2]);
        BatchCompactor[] compactors = [new(pass), new(pass), new(pass)];

        CompactedBatches[] compacted =
            [.. compactors.Zip(batches, (compactor, batch) => compactor.Compact(batch, lastOffset: -1))];

        Assert.True(compacted[1].HasNewHorizon);
        Assert.True(pass.TryTake(compacted[0]));
        Assert.False(pass.TryTake(compacted[1]));
        var again = compactors[1].Compact(batches[1], lastOffset: -1);
        Assert.True(pass.TryTake(again));
        Assert.False(again.IsChanged);
        Assert.True(pass.TryTake(compacted[2]));
    }

    // Nobody looks into a compressed batch before. If such offsets were believed, another batch's record would go.
    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    [InlineData(0, 7)]
    [InlineData(-3, 1)]
    public void A_batch_whose_offsets_are_no_offsets_of_its_own_stays_as_it_is(int first, int second)
    {
        KeyedRecord[] later = [new("x", "2"), new("y", "2")];
        var log = KeyedBatch.Log(
            KeyedBatch.Of(Old), WithOffsets(first, second), KeyedBatch.Of(Old), KeyedBatch.Of(later));

        var compacted = Compact(log);

        var batches = TestBatch.Split(compacted);
        Assert.Equal(TestBatch.Split(log)[1], batches[0].ToArray());
        Assert.Equal(Old, KeyedBatch.Read(batches[1]).Select(record => record.Record));
        Assert.Equal(3, batches.Count);
    }

    // A batch has more records than are looked up at a time.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Records_from_before_the_range_go_as_well(int seed)
    {
        var random = new Random(seed);
        var old = Enumerable.Range(0, 500).Select(i => new KeyedRecord($"{i}", "1")).ToArray();
        var superseded = old.Where(_ => random.Next(2) == 0).ToArray();
        var log = KeyedBatch.Log(KeyedBatch.Of(old), KeyedBatch.Of(superseded));

        var compacted = Compact(log, startOffset: old.Length);

        Assert.Equal(
            old.Except(superseded).Concat(superseded), KeyedBatch.Read(compacted).Select(record => record.Record));
    }

    [Fact]
    public void Where_the_range_begins_within_a_batch_its_earlier_records_are_looked_up_by_their_keys()
    {
        var log = KeyedBatch.Log(KeyedBatch.Of(Old), KeyedBatch.Of(New));

        var compacted = Compact(log, startOffset: 2);

        Assert.Equal([(0, Old[0]), (2, Old[2]), (3, New[0]), (4, New[1])], KeyedBatch.Read(compacted));
    }

    // Pass after pass, until all is compacted; after each the log says the same.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void Where_the_memory_is_too_small_several_passes_come_to_the_same(int keys)
    {
        var random = new Random(keys);
        var log = KeyedBatch.Log([.. Enumerable.Range(0, 60).Select(i => KeyedBatch.Of(
            Enumerable.Range(0, random.Next(1, 5)).Select(j => new KeyedRecord($"{random.Next(20)}", $"{i},{j}"))))]);
        var end = TestBatch.HeaderOf(TestBatch.Split(log)[^1].Span).NextOffset;
        var whole = KeyedBatch.Read(Compact(log));
        var passes = 0;
        for (var start = 0L; start < end; passes++)
        {
            using var pass = new CompactionPass(
                new CompactionMemory(start, count: end - start, OffsetMap.EntryBytes * keys * 4 / 3, seed: 1),
                new DirtyRange(start, end, 0, 0), Now, DeleteRetention);
            Assert.Equal(pass.EndOffset, start);
            Note(pass, log);
            Assert.True(pass.EndOffset > start);
            var compacted = new BatchCompactor(pass).Compact(log, lastOffset: end);
            (log, start) = (compacted.Left.ToArray(), pass.EndOffset);
            Assert.Equal(Latest(whole), Latest(KeyedBatch.Read(log)));
        }

        Assert.True(passes > 1);
        Assert.Equal(whole, KeyedBatch.Read(log));
    }

    [Fact]
    public void What_lies_behind_the_range_is_neither_noted_nor_changed()
    {
        var log = KeyedBatch.Log(KeyedBatch.Of(Old), KeyedBatch.Of(New));

        Assert.Equal(log, Compact(log, endOffset: 3));
    }

    [Fact]
    public void A_damaged_batch_is_not_given_a_checksum_that_fits()
    {
        var log = KeyedBatch.Log(KeyedBatch.Of(Old), KeyedBatch.Of(New));
        log[BatchHeader.SizeBytes + 9] ^= 1;

        Assert.Throws<InvalidDataException>(() => Compact(log));
        Assert.Throws<InvalidDataException>(() => Compact(log, startOffset: 3));
    }

    // It says that it is in Zstandard.
    private static byte[] UndecodableOf(KeyedRecord[] records)
    {
        var batch = KeyedBatch.Of(records);
        BatchHeader header = TestBatch.HeaderOf(batch) with { Attributes = (short)CompressionCodec.Zstd };
        header.Write(batch);
        BatchStamp.SetMaxTimestamp(batch, header.MaxTimestamp);
        return batch;
    }

    private static Dictionary<string, string?> Latest(IEnumerable<(long Offset, KeyedRecord Record)> records)
        => records.GroupBy(record => record.Record.Key!).ToDictionary(key => key.Key, key => key.Last().Record.Value);

    // Each record begins with its length, its attributes, its timestamp and its offset, here of a byte each.
    private static byte[] WithOffsets(params ReadOnlySpan<int> deltas)
    {
        const int OffsetPosition = 3;
        var batch = KeyedBatch.Of([new("x", "1"), new("y", "1")]);
        var position = BatchHeader.SizeBytes;
        foreach (var delta in deltas)
        {
            batch[position + OffsetPosition] = (byte)((delta << 1) ^ (delta >> 31));
            position += 1 + (batch[position] >> 1);
        }

        BatchStamp.SetMaxTimestamp(batch, TestBatch.HeaderOf(batch).MaxTimestamp);
        return batch;
    }

    private static byte[] Compact(
        byte[] log, long startOffset = 0, long endOffset = 1_000, long lastOffset = -1, long now = Now)
    {
        var range = new DirtyRange(startOffset, endOffset, 0, 0);
        using var pass = new CompactionPass(
            new CompactionMemory(startOffset, count: 1_000, 100_000, seed: 1), range, now, DeleteRetention);
        foreach (var batch in TestBatch.Split(log))
        {
            if (TestBatch.HeaderOf(batch.Span).NextOffset > startOffset)
            {
                Note(pass, batch);
            }
        }

        var compacted = new BatchCompactor(pass).Compact(log, lastOffset);
        Assert.True(pass.TryTake(compacted));
        Assert.Equal(compacted.IsChanged, !compacted.Left.Span.SequenceEqual(log));
        return compacted.Left.ToArray();
    }

    private static void Note(CompactionPass pass, ReadOnlyMemory<byte> batches)
    {
        using var keys = pass.CreateKeys();
        keys.Begin(batches);
        pass.TryNote(keys);
    }
}
