using System.Text;
using OrleansStream.Engine.Log.Compaction;
using OrleansStream.Protocols.Batches;
using OrleansStream.TestKit.Batches;

namespace OrleansStream.Engine.Tests.Log.Compaction;

public sealed class DirtyKeysTests
{
    private static readonly UInt128 Seed = 7;

    // A few compressed bytes may hold more keys than there is memory for.
    [Theory]
    [InlineData(CompressionCodec.None)]
    [InlineData(CompressionCodec.Gzip)]
    public void It_reads_all_keys_however_many_a_batch_has(CompressionCodec codec)
    {
        const int Count = 40_000;
        var batch = KeyedBatch.Of(Enumerable.Range(0, Count).Select(i => new KeyedRecord($"{i}", "")), codec);
        using var keys = new DirtyKeys(new DirtyRange(0, Count, 0, 0), Seed);
        var read = new List<DirtyKey>();

        for (keys.Begin(batch); ; keys.ReadOn())
        {
            read.AddRange(keys.Keys);
            if (keys.IsAtEnd)
            {
                break;
            }

            Assert.Equal(read.Count, keys.EndOffset);
            Assert.NotEqual(Count, keys.Keys.Length);
        }

        Assert.Equal(Enumerable.Range(0, Count).Select(i => KeyOf($"{i}", i)), read);
        Assert.Equal((Count, false), (keys.EndOffset, keys.IsAtEndOfRange));
    }

    [Fact]
    public void It_leaves_out_what_is_outside_of_the_range_and_what_has_no_key()
    {
        var log = KeyedBatch.Log(
            KeyedBatch.Of([new("a", "1"), new("b", "1"), new(null, "1"), new("c", "1")]),
            KeyedBatch.Of([new("d", "2")]),
            KeyedBatch.Of([new("e", "3")]));
        using var keys = new DirtyKeys(new DirtyRange(1, 5, 0, 0), Seed);

        keys.Begin(log);

        Assert.Equal([KeyOf("b", 1), KeyOf("c", 3), KeyOf("d", 4)], keys.Keys.ToArray());
        Assert.Equal((5, true, true), (keys.EndOffset, keys.IsAtEnd, keys.IsAtEndOfRange));
    }

    [Fact]
    public void It_knows_no_end_where_there_is_nothing_of_the_range()
    {
        using var keys = new DirtyKeys(new DirtyRange(0, 1, 0, 0), Seed);
        var log = KeyedBatch.Log(KeyedBatch.Of([new("a", "1")]), KeyedBatch.Of([new("b", "1")]));

        keys.Begin(log);
        keys.Begin(log.AsMemory(log.Length / 2));

        Assert.Equal((null, true, true), (keys.EndOffset, keys.IsAtEnd, keys.IsAtEndOfRange));
        Assert.Equal(0, keys.Keys.Length);
    }

    [Fact]
    public void A_malformed_batch_is_passed_over()
    {
        var malformed = KeyedBatch.Of([new("a", "1"), new("b", "1")]);
        malformed[BatchHeader.SizeBytes] ^= 0x40; // The length of the first record.
        BatchStamp.SetMaxTimestamp(malformed, TestBatch.HeaderOf(malformed).MaxTimestamp);
        using var keys = new DirtyKeys(new DirtyRange(0, 10, 0, 0), Seed);

        keys.Begin(KeyedBatch.Log(malformed, KeyedBatch.Of([new("c", "1")])));

        Assert.Equal([KeyOf("c", 2)], keys.Keys.ToArray());
        Assert.Equal((3, true, false), (keys.EndOffset, keys.IsAtEnd, keys.IsAtEndOfRange));
    }

    [Fact]
    public void A_damaged_batch_is_told_and_the_next_ones_can_be_read()
    {
        var log = KeyedBatch.Log(KeyedBatch.Of([new("a", "1")], CompressionCodec.Gzip), KeyedBatch.Of([new("b", "1")]));
        var damaged = log.ToArray();
        damaged[BatchHeader.SizeBytes + 20] ^= 1;
        using var keys = new DirtyKeys(new DirtyRange(0, 10, 0, 0), Seed);

        Assert.Throws<InvalidDataException>(() => keys.Begin(damaged));
        keys.Begin(log);

        Assert.Equal([KeyOf("a", 0), KeyOf("b", 1)], keys.Keys.ToArray());
    }

    private static DirtyKey KeyOf(string key, long offset)
        => new(KeyHash.Compute(Encoding.UTF8.GetBytes(key), Seed), offset);
}
