using System.Collections.Concurrent;
using OrleansStream.Contracts;
using OrleansStream.Engine.Hosting.Partitions;
using OrleansStream.TestKit.Batches;

namespace OrleansStream.Engine.Tests.Hosting;

/// <summary>What a compacted partition must say, whatever was removed from it: all records sent, by offset.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class KeyedModel
{
    private readonly ConcurrentDictionary<long, KeyedRecord> _sent = [];

    /// <summary>Notes records that were acknowledged.</summary>
    public void Add(long baseOffset, IEnumerable<KeyedRecord> records)
    {
        foreach (var record in records)
        {
            Assert.True(_sent.TryAdd(baseOffset++, record), "An offset was given twice.");
        }
    }

    /// <summary>A random batch of few keys, some tombstones, and now and then a long value.</summary>
    public static KeyedRecord[] RandomRecords(Random random, int keys, long timestamp)
    {
        var padding = random.Next(12) == 0 ? random.Next(12_000) : random.Next(50);
        return
        [
            .. Enumerable.Range(0, random.Next(1, 6)).Select(i => new KeyedRecord(
                $"key{random.Next(keys)}",
                random.Next(5) == 0 ? null : new string((char)('a' + i), padding) + random.Next(),
                timestamp + i)),
        ];
    }

    /// <summary>All records of a partition, read from an offset on in fetches of some size.</summary>
    public static async Task<List<(long Offset, KeyedRecord Record)>> ReadAsync(
        PartitionHost partition, long offset = 0, int maxBytes = 10_000)
    {
        List<(long Offset, KeyedRecord Record)> read = [];
        var status = await partition.GetStatusAsync(default);
        for (offset = Math.Max(offset, status.LogStartOffset); offset < status.HighWatermark;)
        {
            var reply = await TestStore.FetchAsync(partition, offset, maxBytes);
            Assert.Equal(StreamError.None, reply.Error);
            using var records = reply.Records;
            Assert.NotEqual(0, records.LengthBytes);
            foreach (var batch in records.Pieces.SelectMany(TestBatch.Split))
            {
                var from = offset;
                read.AddRange(KeyedBatch.Read(batch).Where(record => record.Offset >= from));
                var next = TestBatch.HeaderOf(batch.Span).NextOffset;
                Assert.True(next > offset, "A batch before the offset came.");
                offset = next;
            }
        }

        Assert.Equal(read.Select(record => record.Offset).Order().Distinct(), read.Select(record => record.Offset));
        return read;
    }

    /// <summary>Holds what was read from the log start on against what was sent.</summary>
    /// <returns>How many records were sent and are gone.</returns>
    public int Check(IReadOnlyList<(long Offset, KeyedRecord Record)> read)
    {
        Assert.All(read, record => Assert.Equal(_sent[record.Offset], record.Record));
        Assert.Equal(
            Latest(_sent.OrderBy(sent => sent.Key).Select(sent => sent.Value)),
            Latest(read.Select(record => record.Record)));
        return _sent.Count - read.Count;
    }

    /// <summary>
    /// Reads from every offset on: what comes is what a reader of everything gets behind it, however much is asked for.
    /// </summary>
    public static async Task CheckEveryOffsetAsync(PartitionHost partition, Random random)
    {
        var all = await ReadAsync(partition);
        var status = await partition.GetStatusAsync(default);
        for (var offset = status.LogStartOffset; offset < status.HighWatermark; offset++)
        {
            var reply = await TestStore.FetchAsync(partition, offset, random.Next(4) * random.Next(6_000));
            using var records = reply.Records;
            var batches = records.Pieces.SelectMany(TestBatch.Split).ToArray();
            var next = TestBatch.HeaderOf(batches[^1].Span).NextOffset;
            Assert.Equal(
                all.Where(record => record.Offset >= offset && record.Offset < next),
                batches.SelectMany(batch => KeyedBatch.Read(batch)).Where(record => record.Offset >= offset));
        }
    }

    private static Dictionary<string, KeyedRecord> Latest(IEnumerable<KeyedRecord> records)
        => records.GroupBy(record => record.Key!)
            .Select(key => key.Last())
            .Where(record => record.Value is not null)
            .ToDictionary(record => record.Key!);
}
