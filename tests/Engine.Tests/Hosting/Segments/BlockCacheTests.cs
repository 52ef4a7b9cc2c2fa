using OrleansStream.Engine.Hosting.Memory;
using OrleansStream.Engine.Hosting.Segments;
using OrleansStream.Engine.Log;
using OrleansStream.Engine.Storage.Memory;
using OrleansStream.Protocols;
using OrleansStream.TestKit;
using OrleansStream.TestKit.Storage;

namespace OrleansStream.Engine.Tests.Hosting.Segments;

[Collection(nameof(RentedMemory))]
public sealed class BlockCacheTests : IAsyncLifetime
{
    private const int BlockBytes = 1_024;
    private const int CapacityBlocks = 12;

    private readonly long _rentedBefore = PooledBuffer.RentedCount;
    private readonly WatchedStorage _storage = new(new MemoryStorage());
    private readonly ByteBudget _memory = new(CapacityBlocks * BlockBytes, 1, new ManualTimeProvider());
    private readonly BlockCache _blocks;
    private readonly SegmentCache _segments;
    private TaskCompletionSource? _gate;

    public BlockCacheTests()
    {
        _blocks = new BlockCache(_memory, BlockBytes);
        _segments = new SegmentCache(_storage.Segments, 100, 1 << 20, _blocks);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        _gate?.TrySetResult(); // A test that fails must not leave a reader waiting.
        await _segments.DisposeAsync();
        await _memory.DisposeAsync();
        Assert.Equal((0, _rentedBefore, 0), (_memory.UsedBytes, PooledBuffer.RentedCount, _storage.Open));
    }

    // Readers in sequence and at random, segments that are forgotten, reads that fail: whatever comes of it is right.
    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 0)]
    [InlineData(3, 20)]
    [InlineData(4, 5)]
    public async Task Under_random_use_bytes_are_right_memory_is_bounded_and_all_is_counted(int seed, int failOneIn)
    {
        var files = new List<(SegmentEntry Entry, byte[] Bytes)>();
        for (var i = 0; i < 4; i++)
        {
            files.Add(await WriteAsync(new Random(seed + i), batchCount: 60));
        }

        var (failures, asked) = (0L, 0L);
        _storage.OnRead = position =>
        {
            Assert.InRange(_memory.UsedBytes, 0, _memory.CapacityBytes);
            if (failOneIn > 0 && position % failOneIn == 3 && Interlocked.Increment(ref failures) % 2 == 0)
            {
                throw new IOException("As planned.");
            }

            return Task.Run(() => { }); // A read takes its time, and others come in between.
        };

        await Task.WhenAll(Enumerable.Range(0, 6).Select(reader => Task.Run(async () =>
        {
            var random = new Random((seed * 100) + reader);
            for (var i = 0; i < 60; i++)
            {
                var file = files[random.Next(files.Count)];
                Interlocked.Add(ref asked, await ReadSomeAsync(file, random));
                if (random.Next(10) == 0)
                {
                    await _segments.ForgetAsync(StoredSegments.Partition, file.Entry.Name);
                }
            }
        })));

        var counts = _blocks.Counts;
        Assert.Equal(asked, counts.Hits + counts.Misses);
        Assert.NotEqual(0, counts.Hits);
        await _segments.DisposeAsync();
        var fetches = _storage.Reads - _storage.Opened;
        counts = _blocks.Counts;
        var expected = counts.Misses + counts.Prefetched;

        // Of a read that fails the rest may not be fetched, and what fails is fetched again.
        Assert.InRange(fetches, failOneIn == 0 ? expected : 1, expected + failures);
        Assert.InRange(counts.Wasted, 0, counts.Prefetched);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(1_000)]
    [InlineData(3_500)]
    public async Task A_reader_in_sequence_finds_all_but_the_first_in_memory_and_fetches_each_once(int pieceBytes)
    {
        var (entry, bytes) = await WriteAsync(new Random(1), batchCount: 400);
        var segment = await AcquireAsync(entry);
        var fetchedBefore = _storage.ReadBytes;

        for (var position = 0; position < bytes.Length; position += pieceBytes)
        {
            var end = Math.Min(position + pieceBytes, bytes.Length);
            Assert.Equal(bytes[position..end], await ReadAsync(segment, position, end - position));
        }

        await segment.ReleaseAsync();
        var counts = _blocks.Counts;
        var first = ((pieceBytes - 1) / BlockBytes) + 1;
        Assert.Equal((first, 0), (counts.Misses, counts.Wasted));
        Assert.Equal(bytes.Length, _storage.ReadBytes - fetchedBefore);
    }

    [Fact]
    public async Task Readers_of_one_block_share_one_read()
    {
        var (entry, bytes) = await WriteAsync(new Random(1), batchCount: 20);
        var segment = await AcquireAsync(entry);
        var before = _storage.Reads;
        var gate = Hold();

        var reading = Enumerable.Range(0, 20).Select(i => ReadAsync(segment, i, 30)).ToArray();
        gate.SetResult();

        var pieces = await Task.WhenAll(reading);
        Assert.All(pieces.Index(), piece => Assert.Equal(bytes[piece.Index..(piece.Index + 30)], piece.Item));
        Assert.Equal((1, new BlockCacheCounts(19, 1, 0, 0)), (_storage.Reads - before, _blocks.Counts));
        await segment.ReleaseAsync();
    }

    [Fact]
    public async Task The_block_not_used_for_longest_goes_first()
    {
        var (entry, _) = await WriteAsync(new Random(1), batchCount: 400);
        var segment = await AcquireAsync(entry);
        for (var number = 0; number < CapacityBlocks; number++)
        {
            await ReadAsync(segment, number * BlockBytes, 1);
        }

        await ReadAsync(segment, 0, 1);
        await ReadAsync(segment, CapacityBlocks * BlockBytes, 1); // Takes the place of block 1.
        var before = _blocks.Counts;
        await ReadAsync(segment, 0, 1);
        Assert.Equal(before with { Hits = before.Hits + 1 }, _blocks.Counts);
        await ReadAsync(segment, 1 * BlockBytes, 1);
        Assert.Equal(before.Misses + 1, _blocks.Counts.Misses);
        await segment.ReleaseAsync();
    }

    [Fact]
    public async Task A_read_that_failed_is_told_to_all_who_waited_and_is_not_kept()
    {
        var (entry, bytes) = await WriteAsync(new Random(1), batchCount: 20);
        var segment = await AcquireAsync(entry);
        var gate = Hold();
        var reading = new[] { ReadAsync(segment, 0, 10), ReadAsync(segment, 5, 10) };

        gate.SetException(new IOException("As planned."));
        foreach (var read in reading)
        {
            await Assert.ThrowsAsync<IOException>(() => read);
        }

        _storage.OnRead = _ => Task.CompletedTask;
        Assert.Equal(bytes[..10], await ReadAsync(segment, 0, 10));
        await segment.ReleaseAsync();
    }

    [Fact]
    public async Task What_finds_no_room_is_read_past_the_cache()
    {
        var (entry, bytes) = await WriteAsync(new Random(1), batchCount: 400);
        var segment = await AcquireAsync(entry);
        var gate = Hold();
        var waiting = ReadAsync(segment, 0, CapacityBlocks * BlockBytes);
        _storage.OnRead = _ => Task.CompletedTask;
        const int behind = (CapacityBlocks + 1) * BlockBytes;

        Assert.Equal(bytes[behind..(behind + 50)], await ReadAsync(segment, behind, 50));

        Assert.Equal(_memory.CapacityBytes, _memory.UsedBytes);
        gate.SetResult();
        await waiting;
        await segment.ReleaseAsync();
    }

    // The reader holds what it reads; whatever was on its way for the segment goes with it.
    [Fact]
    public async Task A_segment_that_is_deleted_while_it_is_read_is_read_to_the_end_and_leaves_nothing()
    {
        var (entry, bytes) = await WriteAsync(new Random(1), batchCount: 60);
        var segment = await AcquireAsync(entry);
        var gate = Hold();
        var reading = ReadAsync(segment, 0, BlockBytes); // And two blocks ahead.

        await _segments.ForgetAsync(StoredSegments.Partition, entry.Name);
        await _storage.Segments.DeleteAsync(StoredSegments.Partition, entry.Name, CancellationToken.None);
        gate.SetResult();

        Assert.Equal(bytes[..BlockBytes], await reading);
        await segment.ReleaseAsync();
        await segment.Closed;
        Assert.Equal((0, 0), (_memory.UsedBytes, _storage.Open));
        Assert.Equal(_blocks.Counts.Prefetched, _blocks.Counts.Wasted);
    }

    private TaskCompletionSource Hold()
    {
        _gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var gate = _gate;
        _storage.OnRead = _ => gate.Task;
        return gate;
    }

    // How many blocks were asked for.
    private async Task<long> ReadSomeAsync((SegmentEntry Entry, byte[] Bytes) file, Random random)
    {
        OpenSegment segment;
        try
        {
            segment = await AcquireAsync(file.Entry);
        }
        catch (IOException)
        {
            return 0;
        }

        var asked = 0L;
        var position = random.Next(file.Bytes.Length);
        for (var i = random.Next(1, 8); i > 0 && position < file.Bytes.Length; i--)
        {
            var length = Math.Min(random.Next(1, 3 * BlockBytes), file.Bytes.Length - position);
            asked += ((position + length - 1) / BlockBytes) - (position / BlockBytes) + 1;
            try
            {
                Assert.Equal(file.Bytes[position..(position + length)], await ReadAsync(segment, position, length));
            }
            catch (IOException e)
            {
                Assert.Equal("As planned.", e.Message);
            }

            position += length;
        }

        await segment.ReleaseAsync();
        return asked;
    }

    private static async Task<byte[]> ReadAsync(OpenSegment segment, int position, int length)
    {
        var bytes = new byte[length];
        await segment.ReadAsync(position, bytes, CancellationToken.None);
        return bytes;
    }

    private Task<OpenSegment> AcquireAsync(SegmentEntry entry)
        => _segments.AcquireAsync(StoredSegments.Partition, entry, CancellationToken.None).AsTask();

    private async Task<(SegmentEntry Entry, byte[] Bytes)> WriteAsync(Random random, int batchCount)
    {
        var baseOffset = random.NextInt64(1 << 30);
        var batches = StoredSegments.RandomBatches(random, batchCount, baseOffset);
        return (await StoredSegments.WriteAsync(_storage.Segments, batches), [.. batches.SelectMany(batch => batch)]);
    }
}
