using OrleansStream.Contracts;
using OrleansStream.Engine.Hosting.Memory;
using OrleansStream.Engine.Hosting.Segments;
using OrleansStream.Engine.Log;
using OrleansStream.Engine.Storage;
using OrleansStream.Engine.Storage.Memory;
using OrleansStream.Protocols;
using OrleansStream.TestKit;
using OrleansStream.TestKit.Batches;
using OrleansStream.TestKit.Storage;

namespace OrleansStream.Engine.Tests.Hosting.Segments;

[Collection(nameof(RentedMemory))]
public sealed class SegmentReadsTests : IAsyncLifetime
{
    private const int BudgetBytes = 200_000;

    private readonly long _rentedBefore = PooledBuffer.RentedCount;
    private readonly ManualTimeProvider _time = new();
    private readonly MemorySegmentStore _store = new();
    private readonly SegmentCache _cache;
    private readonly ByteBudget _budget;
    private readonly SegmentReads _reads;

    public SegmentReadsTests()
    {
        _cache = new SegmentCache(_store, 10, 1 << 20);
        _budget = new ByteBudget(BudgetBytes, 10, _time);
        _reads = new SegmentReads(StoredSegments.Partition, _cache, _budget);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _reads.DisposeAsync();
        await _cache.DisposeAsync();
        await _budget.DisposeAsync();
        Assert.Equal((0, _rentedBefore), (_budget.UsedBytes, PooledBuffer.RentedCount));
    }

    // Whole batches, at least one, the first holds the offset, within the bytes asked for, and from segment to segment.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Every_read_is_whole_batches_from_the_offset_on(int seed)
    {
        var random = new Random(seed);
        var (batches, segments) = await WriteAsync(random, segmentCount: 3, batchCount: 40);
        var end = segments[^1].NextOffset;

        for (var offset = 0L; offset < end; offset++)
        {
            var maxBytes = random.Next(3) == 0 ? random.Next(100_000) : random.Next(2_000);
            using var records = await ReadAsync(segments, offset, maxBytes);
            var expected = Expected(batches, offset, maxBytes);

            Assert.Equal(expected, records!.ToArray());
            Assert.All(records.Pieces, piece => TestBatch.Split(piece));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Going_through_a_segment_gives_all_its_batches_whatever_the_piece(int seed)
    {
        var (batches, segments) = await WriteAsync(new Random(seed), segmentCount: 1, batchCount: 60);
        var all = batches.SelectMany(batch => batch).ToArray();

        foreach (var pieceBytes in new[] { 1, 61, 500, 5_000, 1_000_000 })
        {
            Assert.Equal(all, await EnumerateAsync(segments[0], pieceBytes));
        }
    }

    [Fact]
    public async Task A_read_without_memory_gives_up_at_its_timeout()
    {
        var (_, segments) = await WriteAsync(new Random(1), segmentCount: 1, batchCount: 5);
        Assert.True(_budget.TryReserve(BudgetBytes));

        var reading = ReadAsync(segments, 0, 1_000);
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Null(await reading);
        _budget.Release(BudgetBytes);
    }

    [Fact]
    public async Task A_read_that_has_something_does_not_wait_for_memory_for_more()
    {
        var (batches, segments) = await WriteAsync(new Random(1), segmentCount: 2, batchCount: 5);
        Assert.True(_budget.TryReserve(BudgetBytes - (int)segments[0].Entry.BatchBytes));

        using var records = await ReadAsync(segments, 0, int.MaxValue);

        Assert.Equal(batches.Take(5).SelectMany(batch => batch), records!.ToArray());
        _budget.Release(BudgetBytes - (int)segments[0].Entry.BatchBytes);
    }

    [Fact]
    public async Task A_batch_whose_length_is_damaged_is_an_error_and_leaves_nothing_rented()
    {
        var batches = StoredSegments.RandomBatches(new Random(1), count: 3, baseOffset: 0);
        batches[1][8] = 0x70; // The length of the batch is now beyond the segment.
        var entry = await WriteDamagedAsync(batches);

        await Assert.ThrowsAsync<StorageDamagedException>(
            () => ReadAsync([new LogSegment(entry)], entry.NextOffset - 1, 1_000));
    }

    [Theory]
    [InlineData(10, 2, 4)] // For each of both segments its footer, and some batches.
    [InlineData(4_000, 1, 2)]
    public async Task A_reader_near_the_end_of_a_segment_has_the_next_one_opened_and_its_beginning_read(
        int batchCount, int openedCount, int readCount)
    {
        var storage = new WatchedStorage(new MemoryStorage());
        await using var cache = new SegmentCache(storage.Segments, 10, 1 << 20);
        var reads = new SegmentReads(StoredSegments.Partition, cache, _budget);
        var random = new Random(1);
        var first = await StoredSegments.WriteAsync(
            storage.Segments, StoredSegments.RandomBatches(random, batchCount, 0));
        var second = await StoredSegments.WriteAsync(
            storage.Segments, StoredSegments.RandomBatches(random, 10, first.NextOffset));

        var plan = new ReadPlan(StreamError.None, 0, 0, [new LogSegment(first), new LogSegment(second)], null);
        using (await reads.ReadAsync(plan, 1, TimeSpan.FromSeconds(1), CancellationToken.None))
        {
            await reads.DisposeAsync(); // Waits for what was begun.
        }

        Assert.Equal((openedCount, readCount), (storage.Opened, storage.Reads));
    }

    private static byte[] Expected(List<byte[]> batches, long offset, int maxBytes)
    {
        var model = new List<byte>();
        foreach (var batch in batches.SkipWhile(batch => TestBatch.HeaderOf(batch).NextOffset <= offset))
        {
            if (model.Count > 0 && model.Count + batch.Length > maxBytes)
            {
                break;
            }

            model.AddRange(batch);
        }

        return [.. model];
    }

    private async Task<(List<byte[]> Batches, LogSegment[] Segments)> WriteAsync(
        Random random, int segmentCount, int batchCount)
    {
        List<byte[]> batches = [];
        List<LogSegment> segments = [];
        for (var i = 0; i < segmentCount; i++)
        {
            var next = segments.Count == 0 ? 0 : segments[^1].NextOffset;
            var written = StoredSegments.RandomBatches(random, batchCount, next);
            batches.AddRange(written);
            segments.Add(new LogSegment(await StoredSegments.WriteAsync(_store, written)));
        }

        return (batches, [.. segments]);
    }

    // The footer is that of the batches as they were; the file holds what became of them.
    private async Task<SegmentEntry> WriteDamagedAsync(List<byte[]> batches)
    {
        var right = StoredSegments.RandomBatches(new Random(1), count: 3, baseOffset: 0);
        var builder = SegmentBuilder.After(0, [], default);
        right.ForEach(batch => builder.Add(batch, now: 0));
        var footer = builder.Build();
        byte[] bytes = [.. batches.SelectMany(batch => batch), .. footer.ToBytes().Span];
        await using var writer = await _store.CreateAsync(
            StoredSegments.Partition, new(0, 0, 0), CancellationToken.None);
        await writer.WriteAsync(bytes, CancellationToken.None);
        await writer.CommitAsync(CancellationToken.None);
        return new(0, 0, 0, footer.NextOffset, footer.BatchBytes, bytes.Length, footer.MaxTimestamp, 0);
    }

    private async Task<FetchedRecords?> ReadAsync(LogSegment[] segments, long offset, int maxBytes)
    {
        var wanted = segments.Where(segment => segment.NextOffset > offset).ToArray();
        var plan = new ReadPlan(StreamError.None, 0, offset, wanted, null);
        return await _reads.ReadAsync(plan, maxBytes, TimeSpan.FromSeconds(1), CancellationToken.None);
    }

    private async Task<byte[]> EnumerateAsync(LogSegment segment, int pieceBytes)
    {
        List<byte> bytes = [];
        await foreach (
            var piece in _reads.EnumerateAsync(segment.Entry, segment.BaseOffset, pieceBytes, _budget, default))
        {
            bytes.AddRange(piece.Span);
        }

        return [.. bytes];
    }
}
