using OrleansStream.Engine.Hosting.Segments;
using OrleansStream.Engine.Log;
using OrleansStream.Engine.Storage;
using OrleansStream.Engine.Storage.Memory;
using OrleansStream.TestKit.Storage;

namespace OrleansStream.Engine.Tests.Hosting.Segments;

public sealed class SegmentCacheTests
{
    private const int Capacity = 3;

    private const int IndexBytes = 1 << 20;

    private readonly WatchedStorage _store = new(new MemoryStorage());
    private readonly SegmentCache _cache;

    public SegmentCacheTests() => _cache = new SegmentCache(_store.Segments, Capacity, IndexBytes);

    [Fact]
    public async Task A_segment_is_opened_once_however_many_ask()
    {
        var entry = await WriteAsync(0);

        var opened = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() => AcquireAsync(entry))));

        Assert.Equal(1, _store.Opened);
        Assert.All(opened, segment => Assert.Same(opened[0], segment));
    }

    [Fact]
    public async Task The_one_not_used_for_longest_is_closed_first()
    {
        var entries = new List<SegmentEntry>();
        for (var i = 0; i < Capacity + 1; i++)
        {
            entries.Add(await WriteAsync(i));
        }

        await UseAsync(entries[0]);
        await UseAsync(entries[1]);
        await UseAsync(entries[2]);
        await UseAsync(entries[0]);
        await UseAsync(entries[3]);
        Assert.Equal((4, 3), (_store.Opened, _store.Open));

        await UseAsync(entries[0]);
        Assert.Equal(4, _store.Opened);
        await UseAsync(entries[1]);
        Assert.Equal((5, 3), (_store.Opened, _store.Open));
    }

    [Fact]
    public async Task A_segment_in_use_stays_open_until_it_is_released()
    {
        var entry = await WriteAsync(0);
        var segment = await AcquireAsync(entry);

        await _cache.ForgetAsync(StoredSegments.Partition, entry.Name);
        Assert.Equal(1, _store.Open);

        await segment.ReleaseAsync();
        Assert.Equal(0, _store.Open);
        await UseAsync(entry);
        Assert.Equal(2, _store.Opened);
    }

    [Fact]
    public async Task A_deleted_partition_is_forgotten_when_nobody_reads_it_any_more()
    {
        var entry = await WriteAsync(0);
        var segment = await AcquireAsync(entry);

        var forgetting = _cache.ForgetAsync(StoredSegments.Partition).AsTask();
        Assert.Equal((false, 1), (forgetting.IsCompleted, _store.Open));

        await segment.ReleaseAsync();
        await forgetting;
        Assert.Equal(0, _store.Open);
    }

    [Fact]
    public async Task Indexes_that_are_larger_than_their_bound_close_the_older_ones()
    {
        var entries = new[] { await WriteAsync(0), await WriteAsync(1), await WriteAsync(2) };
        await using var cache = new SegmentCache(_store.Segments, Capacity, indexBytes: 1);

        foreach (var entry in entries)
        {
            await (await cache.AcquireAsync(StoredSegments.Partition, entry, default)).ReleaseAsync();
            Assert.Equal(1, _store.Open);
        }
    }

    [Fact]
    public async Task A_segment_is_opened_with_one_read()
    {
        await UseAsync(await WriteAsync(0));

        Assert.Equal(1, _store.Reads);
    }

    [Fact]
    public async Task Disposing_closes_all()
    {
        for (var i = 0; i < Capacity; i++)
        {
            await UseAsync(await WriteAsync(i));
        }

        await _cache.DisposeAsync();

        Assert.Equal(0, _store.Open);
    }

    [Fact]
    public async Task A_segment_that_is_not_the_one_the_manifest_means_is_refused_and_closed()
    {
        var entry = await WriteAsync(0);

        await Assert.ThrowsAsync<StorageDamagedException>(
            () => AcquireAsync(entry with { FileBytes = entry.FileBytes - 1 }));
        await Assert.ThrowsAsync<StorageDamagedException>(() => AcquireAsync(entry with { NextOffset = 77 }));
        Assert.Equal(0, _store.Open);

        // A refusal is not kept: what is right is opened.
        await UseAsync(entry);
    }

    [Fact]
    public async Task A_segment_that_is_missing_can_be_asked_for_again()
    {
        var entry = new SegmentEntry(0, 0, 0, 1, 1, 1, 0, 0);

        await Assert.ThrowsAsync<FileNotFoundException>(() => AcquireAsync(entry));
        await UseAsync(await WriteAsync(0));
    }

    // Many use more segments than are kept open. Each gets what it asked for, and none stays open in the end.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Under_random_use_each_gets_its_segment_and_all_are_closed_in_the_end(int seed)
    {
        var entries = new List<SegmentEntry>();
        for (var i = 0; i < 10; i++)
        {
            entries.Add(await WriteAsync(i));
        }

        await Task.WhenAll(Enumerable.Range(0, 8).Select(task => Task.Run(async () =>
        {
            var random = new Random((seed * 100) + task);
            for (var i = 0; i < 300; i++)
            {
                var entry = entries[random.Next(entries.Count)];
                var segment = await AcquireAsync(entry);
                Assert.Equal(entry.NextOffset, segment.Footer.NextOffset);
                await segment.ReadAsync(0, new byte[1], CancellationToken.None);
                await segment.ReleaseAsync();
                if (random.Next(10) == 0)
                {
                    await _cache.ForgetAsync(StoredSegments.Partition, entry.Name);
                }
            }
        })));

        await _cache.DisposeAsync();
        Assert.Equal(0, _store.Open);
    }

    private Task<OpenSegment> AcquireAsync(SegmentEntry entry)
        => _cache.AcquireAsync(StoredSegments.Partition, entry, CancellationToken.None).AsTask();

    private async Task UseAsync(SegmentEntry entry) => await (await AcquireAsync(entry)).ReleaseAsync();

    private Task<SegmentEntry> WriteAsync(int baseOffset)
        => StoredSegments.WriteAsync(
            _store.Segments, StoredSegments.RandomBatches(new Random(baseOffset), 3, baseOffset));
}
