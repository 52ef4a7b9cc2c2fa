using OrleansStream.Contracts;
using OrleansStream.Engine.Hosting.Partitions;
using OrleansStream.TestKit.Batches;
using OrleansStream.TestKit.Storage;

namespace OrleansStream.Engine.Tests.Hosting;

public sealed class OffsetSearchTests : IAsyncLifetime
{
    private readonly FaultyStorage _storage = new(seed: 1);
    private TestStore _store = null!; // Set before each test.
    private PartitionHost _partition = null!;

    public async Task InitializeAsync()
    {
        _store = await TestStore.OpenAsync(_storage);
        _partition = await _store.CreateAsync("topic");
    }

    public async Task DisposeAsync() => await _store.DisposeAsync();

    [Fact]
    public async Task The_earliest_offset_is_the_log_start_and_the_latest_the_high_watermark()
    {
        await _store.AppendAsync(_partition, [1, 2, 3]);
        await _partition.DeleteRecordsAsync(1, default);

        Assert.Equal(new(StreamError.None, 1, -1, 0), await FindAsync(OffsetKind.Earliest));
        Assert.Equal(new(StreamError.None, 3, -1, 0), await FindAsync(OffsetKind.Latest));
    }

    [Fact]
    public async Task In_an_empty_log_there_is_no_record_of_any_time()
    {
        Assert.Equal(-1, (await FindAsync(OffsetKind.AtTimestamp, 0)).Offset);
        Assert.Equal(-1, (await FindAsync(OffsetKind.MaxTimestamp)).Offset);
    }

    // Batches of random times, some in segments, some in memory, some deleted: every search finds what a walk through
    // all records finds.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task A_search_by_time_finds_what_a_walk_would_find(int seed)
    {
        var random = new Random(seed);
        var times = new List<long>();
        for (var i = 0; i < 150; i++)
        {
            var (count, time) = (random.Next(1, 5), random.Next(1_000));
            await _store.AppendAsync(_partition, TestBatch.Of(count, random.Next(400), timestamp: time));
            times.AddRange(Enumerable.Range(time, count).Select(t => (long)t));
            if (i < 120 && random.Next(30) == 0)
            {
                await _partition.FlushAsync();
            }
        }

        for (var start = 0; start < times.Count; start += random.Next(1, 60))
        {
            await _partition.DeleteRecordsAsync(start, default);
            for (var i = 0; i < 20; i++)
            {
                await CheckAsync(times, start, random.Next(1_010));
            }

            var largest = times.Skip(start).Max();
            var max = await FindAsync(OffsetKind.MaxTimestamp);
            Assert.Equal((times.IndexOf(largest, start), largest), (max.Offset, max.Timestamp));
        }
    }

    private async Task CheckAsync(List<long> times, int start, long time)
    {
        var expected = times.FindIndex(start, t => t >= time);
        var found = await FindAsync(OffsetKind.AtTimestamp, time);

        Assert.Equal((StreamError.None, expected), (found.Error, found.Offset));
        Assert.Equal(expected < 0 ? -1 : times[expected], found.Timestamp);
    }

    private Task<OffsetReply> FindAsync(OffsetKind kind, long timestamp = -1)
        => _partition.FindOffsetAsync(new(kind, timestamp), default).AsTask();
}
