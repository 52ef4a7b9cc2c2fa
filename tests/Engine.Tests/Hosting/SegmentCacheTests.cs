using OrleansStream.Contracts;
using OrleansStream.Engine.Hosting;
using OrleansStream.Engine.Log;
using OrleansStream.Engine.Storage;
using OrleansStream.Engine.Storage.Memory;

namespace OrleansStream.Engine.Tests.Hosting;

public sealed class SegmentCacheTests
{
    private const int Capacity = 3;

    private readonly CountingSegmentStore _store = new(new MemorySegmentStore());
    private readonly SegmentCache _cache;

    public SegmentCacheTests() => _cache = new SegmentCache(_store, Capacity);

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
                await segment.File.ReadAsync(0, new byte[1], CancellationToken.None);
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
        => StoredSegments.WriteAsync(_store, StoredSegments.RandomBatches(new Random(baseOffset), 3, baseOffset));

    /// <summary>Counts the files that are open; one that is closed can no longer be read.</summary>
    private sealed class CountingSegmentStore(ISegmentStore segments) : ISegmentStore
    {
        private int _opened;
        private int _closed;

        public int Opened => _opened;

        public int Open => _opened - _closed;

        public ValueTask<ISegmentWriter> CreateAsync(
            PartitionId partition, SegmentName name, CancellationToken cancellationToken)
            => segments.CreateAsync(partition, name, cancellationToken);

        public async ValueTask<ISegmentFile> OpenAsync(
            PartitionId partition, SegmentName name, CancellationToken cancellationToken)
        {
            await Task.Yield();
            var file = await segments.OpenAsync(partition, name, cancellationToken);
            Interlocked.Increment(ref _opened);
            return new CountedFile(file, () => Interlocked.Increment(ref _closed));
        }

        public ValueTask<IReadOnlyList<SegmentName>> ListAsync(
            PartitionId partition, CancellationToken cancellationToken)
            => segments.ListAsync(partition, cancellationToken);

        public ValueTask<IReadOnlyList<PartitionId>> ListPartitionsAsync(CancellationToken cancellationToken)
            => segments.ListPartitionsAsync(cancellationToken);

        public ValueTask DeleteAsync(PartitionId partition, SegmentName name, CancellationToken cancellationToken)
            => segments.DeleteAsync(partition, name, cancellationToken);

        public ValueTask DeletePartitionAsync(PartitionId partition, CancellationToken cancellationToken)
            => segments.DeletePartitionAsync(partition, cancellationToken);

        public ValueTask SweepAsync(PartitionId partition, CancellationToken cancellationToken)
            => segments.SweepAsync(partition, cancellationToken);
    }

    private sealed class CountedFile(ISegmentFile file, Action onClosed) : ISegmentFile
    {
        private bool _isClosed;

        public long LengthBytes => file.LengthBytes;

        public ValueTask<int> ReadAsync(long position, Memory<byte> buffer, CancellationToken cancellationToken)
        {
            ObjectDisposedException.ThrowIf(_isClosed, this);
            return file.ReadAsync(position, buffer, cancellationToken);
        }

        public ValueTask DisposeAsync()
        {
            Assert.False(_isClosed);
            _isClosed = true;
            onClosed();
            return file.DisposeAsync();
        }
    }
}
