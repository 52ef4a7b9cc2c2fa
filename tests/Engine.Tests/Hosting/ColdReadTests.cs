using OrleansStream.Engine.Storage.Memory;
using OrleansStream.TestKit.Batches;
using OrleansStream.TestKit.Storage;

namespace OrleansStream.Engine.Tests.Hosting;

public sealed class ColdReadTests
{
    private const int SegmentCount = 4;
    private const int BatchesPerSegment = 80;
    private const int BatchBytes = 100 * 1_024;

    [Theory]
    [InlineData(100_000)]
    [InlineData(300_000)]
    public async Task A_consumer_of_old_segments_finds_nearly_all_in_memory_and_fetches_nothing_twice(int fetchBytes)
    {
        var storage = new WatchedStorage(new MemoryStorage(), isRemote: true);
        await FillAsync(storage);
        await using var store = await TestStore.OpenAsync(storage);
        var partition = await store.OpenAsync("topic");

        for (var offset = 0L; offset < SegmentCount * BatchesPerSegment;)
        {
            var reply = await TestStore.FetchAsync(partition, offset, fetchBytes);
            using var records = reply.Records;
            foreach (var batch in records.Pieces.SelectMany(TestBatch.Split))
            {
                Assert.Equal(offset, TestBatch.NumberOf(batch.Span));
                offset++;
            }
        }

        // A reader as fast as this one may come to the next segment before it is open.
        var counts = store.Store.CacheCounts;
        Assert.InRange((double)counts.Hits / (counts.Hits + counts.Misses), 0.95, 1);
        Assert.Equal(0, counts.Wasted);
        Assert.Equal(SegmentCount, storage.Opened);
    }

    private static async Task FillAsync(WatchedStorage storage)
    {
        await using var store = await TestStore.OpenAsync(storage);
        var partition = await store.CreateAsync("topic");
        for (var segment = 0; segment < SegmentCount; segment++)
        {
            var numbers = Enumerable.Range(segment * BatchesPerSegment, BatchesPerSegment);
            await store.AppendAsync(partition, numbers, BatchBytes);
            await partition.FlushAsync();
        }
    }
}
