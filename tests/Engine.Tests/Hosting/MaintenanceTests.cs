using OrleansStream.Contracts;
using OrleansStream.Engine.Hosting;
using OrleansStream.Engine.Hosting.Journals;
using OrleansStream.Engine.Hosting.Partitions;
using OrleansStream.TestKit;
using OrleansStream.TestKit.Batches;
using OrleansStream.TestKit.Storage;

namespace OrleansStream.Engine.Tests.Hosting;

public sealed class MaintenanceTests : IAsyncLifetime
{
    private const int JournalBytes = 1 << 20;

    private static readonly EngineOptions Options = new() { Journal = new JournalOptions { MaxBytes = JournalBytes } };
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly StandingClock _clock = new();
    private readonly FaultyStorage _storage = new(seed: 1);
    private TestStore _store = null!; // Set before each test.

    public async Task InitializeAsync() => _store = await TestStore.OpenAsync(_storage, Options, _clock);

    public async Task DisposeAsync() => await _store.DisposeAsync();

    [Fact]
    public async Task A_partition_that_gets_nothing_is_written_to_a_segment_after_a_while()
    {
        var partition = await _store.CreateAsync("topic");
        await _store.AppendAsync(partition, [1, 2, 3]);

        await MaintainAsync(Second);
        await MaintainAsync(Options.IdleFlush - 2 * Second);
        Assert.Equal(0, await CountSegmentsAsync(partition));

        await MaintainAsync(2 * Second);
        Assert.Equal(1, await CountSegmentsAsync(partition));
        Assert.Equal([1, 2, 3], await TestStore.ReadAllAsync(partition));
    }

    [Fact]
    public async Task A_full_segment_is_written_at_once()
    {
        var partition = await _store.CreateAsync("topic", "segment.bytes", "1024");
        await _store.AppendAsync(partition, [1, 2, 3], paddingBytes: 200);
        await MaintainAsync(Second);
        Assert.Equal(0, await CountSegmentsAsync(partition));

        await _store.AppendAsync(partition, [4, 5], paddingBytes: 200);
        await MaintainAsync(Second);

        Assert.InRange(await CountSegmentsAsync(partition), 1, 2);
        Assert.Equal([1, 2, 3, 4, 5], await TestStore.ReadAllAsync(partition));
    }

    [Fact]
    public async Task When_the_journal_is_half_full_the_oldest_records_in_it_are_written_first()
    {
        var partitions = new List<PartitionHost>();
        foreach (var (name, count) in new[] { ("oldest", 13), ("larger", 20), ("largest", 24) })
        {
            partitions.Add(await _store.CreateAsync(name));
            await _store.AppendAsync(partitions[^1], Enumerable.Range(0, count), paddingBytes: 10_000);
        }

        await MaintainAsync(Second);

        int[] oldestFirst = [1, 0, 0];
        Assert.Equal(oldestFirst, await Task.WhenAll(partitions.Select(CountSegmentsAsync)));
        Assert.Equal(Enumerable.Range(0, 13), await TestStore.ReadAllAsync(partitions[0]));
    }

    [Fact]
    public async Task When_memory_is_half_full_segments_are_written_without_waiting_for_the_next_second()
    {
        await _store.DisposeAsync();
        var time = new ManualTimeProvider();
        _store = await TestStore.OpenAsync(_storage, new EngineOptions { MemoryBytes = 100_000 }, time);
        var partition = await _store.CreateAsync("topic");
        await _store.AppendAsync(partition, Enumerable.Range(0, 9), paddingBytes: 10_000);
        var waiting = _store.AppendAsync(partition, TestBatch.Numbered(9, paddingBytes: 10_000, _store.Now));
        Assert.False(waiting.IsCompleted);

        time.Advance(TimeSpan.FromMilliseconds(50));

        Assert.Equal((StreamError.None, 9), ((await waiting).Error, (await waiting).BaseOffset));
        Assert.Equal(Enumerable.Range(0, 10), await TestStore.ReadAllAsync(partition));
    }

    [Fact]
    public async Task A_partition_that_trickles_does_not_hold_the_journal_back()
    {
        var (trickling, busy) = (await _store.CreateAsync("trickling"), await _store.CreateAsync("busy"));
        for (var i = 0; i < 100; i++)
        {
            await _store.AppendAsync(trickling, [i]);
            await _store.AppendAsync(busy, [i], paddingBytes: JournalBytes / 10);
            await MaintainAsync(Second);

            Assert.InRange((await _storage.Journals.ListAsync(default)).Count, 1, 6);
        }

        Assert.Equal(Enumerable.Range(0, 100), await TestStore.ReadAllAsync(trickling));
        Assert.Equal(Enumerable.Range(0, 100), await TestStore.ReadAllAsync(busy));
    }

    [Fact]
    public async Task A_batch_larger_than_the_journal_does_not_stop_it()
    {
        var partition = await _store.CreateAsync("topic", "max.message.bytes", "5000000");
        for (var i = 0; i < 3; i++)
        {
            await _store.AppendAsync(partition, [i], paddingBytes: 2 * JournalBytes);
            await MaintainAsync(Second);
        }

        Assert.Equal([0, 1, 2], await TestStore.ReadAllAsync(partition));
    }

    [Fact]
    public async Task Small_segments_are_merged_and_their_files_deleted()
    {
        var partition = await _store.CreateAsync("topic");
        for (var i = 0; i < 9; i++)
        {
            await _store.AppendAsync(partition, [i]);
            await partition.FlushAsync();
        }

        Assert.Equal(9, await CountSegmentsAsync(partition));
        await MaintainAsync(Second);

        Assert.Equal(2, await CountSegmentsAsync(partition));
        Assert.Equal(Enumerable.Range(0, 9), await TestStore.ReadAllAsync(partition));
    }

    [Fact]
    public async Task Old_segments_go_by_age()
    {
        var partition = await _store.CreateAsync("topic", "retention.ms", "60000");
        await _store.AppendAsync(partition, [1, 2]);
        await partition.FlushAsync();
        _clock.Move(TimeSpan.FromMinutes(1));
        await _store.AppendAsync(partition, [3]);
        await MaintainAsync(TimeSpan.Zero);
        Assert.Equal([1, 2, 3], await TestStore.ReadAllAsync(partition));

        await MaintainAsync(Second);

        Assert.Equal([3], await TestStore.ReadAllAsync(partition));
        Assert.Equal(0, await CountSegmentsAsync(partition));
    }

    [Fact]
    public async Task Old_segments_go_by_size()
    {
        var partition = await _store.CreateAsync("topic", "retention.bytes", "25000");
        for (var i = 0; i < 5; i++)
        {
            await _store.AppendAsync(partition, [i], paddingBytes: 10_000);
            await partition.FlushAsync();
        }

        await MaintainAsync(Second);

        Assert.Equal([2, 3, 4], await TestStore.ReadAllAsync(partition));
        Assert.Equal(3, await CountSegmentsAsync(partition));
    }

    [Fact]
    public async Task Where_retention_moved_the_log_start_it_is_after_a_crash()
    {
        var partition = await _store.CreateAsync("topic", "retention.ms", "60000");
        await _store.AppendAsync(partition, [1, 2]);
        await partition.FlushAsync();
        await MaintainAsync(TimeSpan.FromMinutes(2));

        _store = await TestStore.KillAndOpenAsync(_store, _storage, Options);
        partition = await _store.OpenAsync("topic");

        var status = await partition.GetStatusAsync(default);
        Assert.Equal((2, 2), (status.LogStartOffset, status.LogEndOffset));
        Assert.Equal(2, (await _store.AppendAsync(partition, TestBatch.Numbered(3, timestamp: _store.Now))).BaseOffset);
    }

    [Fact]
    public async Task A_segment_that_ends_before_the_log_start_when_it_is_written_is_dropped_again()
    {
        var partition = await _store.CreateAsync("topic");
        await _store.AppendAsync(partition, [1, 2, 3]);
        await partition.DeleteRecordsAsync(-1, default);
        await partition.FlushAsync();
        await MaintainAsync(Second);

        Assert.Equal(0, await CountSegmentsAsync(partition));
        await _store.AppendAsync(partition, [4]);
        Assert.Equal([4], await TestStore.ReadAllAsync(partition));
    }

    [Fact]
    public async Task A_backlog_does_not_become_hundreds_of_segments_because_the_topic_wants_small_ones()
    {
        var partition = await _store.CreateAsync("topic", "segment.bytes", "1024");
        for (var i = 0; i < 200; i++)
        {
            await _store.AppendAsync(partition, [i], paddingBytes: 1_000);
        }

        await partition.FlushAsync();
        Assert.InRange(await CountSegmentsAsync(partition), 2, 70);
        Assert.Equal(Enumerable.Range(0, 200), await TestStore.ReadAllAsync(partition));
    }

    [Fact]
    public async Task Records_of_no_producer_are_deleted_without_writing_them_to_a_segment()
    {
        var partition = await _store.CreateAsync("topic");
        await _store.AppendAsync(partition, [1, 2, 3]);
        var before = _storage.Operations.Count;
        await partition.DeleteRecordsAsync(-1, default);

        Assert.DoesNotContain(_storage.Operations.Skip(before), operation => operation.Contains("segment"));
    }

    [Fact]
    public async Task More_segments_than_a_table_batch_takes_are_dropped_at_once()
    {
        var partition = await _store.CreateAsync("topic");
        for (var i = 0; i < 205; i++)
        {
            await _store.AppendAsync(partition, [i]);
            await partition.FlushAsync();
        }

        Assert.Equal(new(StreamError.None, 203), await partition.DeleteRecordsAsync(203, default));

        Assert.Equal([203, 204], await TestStore.ReadAllAsync(partition));
        await _store.DisposeAsync();
        _store = await TestStore.OpenAsync(_storage, Options, _clock);
        partition = await _store.OpenAsync("topic");
        Assert.Equal([203, 204], await TestStore.ReadAllAsync(partition));
        Assert.Equal(2, await CountSegmentsAsync(partition));
    }

    [Theory]
    [InlineData(Fault.Error)]
    [InlineData(Fault.DiskFull)]
    [InlineData(Fault.LostReply)]
    public async Task A_segment_that_could_not_be_written_is_written_the_next_time(Fault fault)
    {
        var partition = await _store.CreateAsync("topic");
        await _store.AppendAsync(partition, [1, 2]);
        await MaintainAsync(Second);

        // Creating, two writes, and the commit.
        foreach (var write in Enumerable.Range(1, 4))
        {
            _storage.FailAt(_storage.Operations.Count + write, fault);
            await MaintainAsync(Options.IdleFlush);
            Assert.False(_store.Store.Failed.IsCompleted);
            Assert.Equal([1, 2], await TestStore.ReadAllAsync(partition));
        }

        await MaintainAsync(Second);
        await _store.DisposeAsync();
        _store = await TestStore.OpenAsync(_storage, Options, _clock);
        partition = await _store.OpenAsync("topic");
        Assert.Equal([1, 2], await TestStore.ReadAllAsync(partition));
        await partition.FlushAsync(); // Comes after the sweep, which goes on behind the opening.
        Assert.Equal(1, await CountSegmentsAsync(partition));
    }

    [Fact]
    public async Task A_journal_whose_records_are_all_in_segments_is_trimmed_to_the_current_file()
    {
        var partition = await _store.CreateAsync("topic");
        await _store.AppendAsync(partition, Enumerable.Range(0, 40), paddingBytes: 10_000);
        await MaintainAsync(Second);
        Assert.NotEqual(1, (await _storage.Journals.ListAsync(default)).Count);

        await MaintainAsync(Options.IdleFlush);

        Assert.Single(await _storage.Journals.ListAsync(default));
        Assert.Equal(Enumerable.Range(0, 40), await TestStore.ReadAllAsync(partition));
    }

    [Fact]
    public async Task A_topic_in_memory_keeps_at_least_what_its_retention_asks_for_and_not_much_more()
    {
        var partition = await _store.CreateAsync("topic", "durability", "memory", "retention.bytes", "100000");
        await _store.AppendAsync(partition, Enumerable.Range(0, 200), paddingBytes: 10_000);
        await MaintainAsync(Options.IdleFlush);

        var status = await partition.GetStatusAsync(default);
        Assert.InRange(status.SizeBytes, 100_000, 100_000 + (3 << 20));
        Assert.Equal(
            Enumerable.Range((int)status.LogStartOffset, 200 - (int)status.LogStartOffset),
            await TestStore.ReadAllAsync(partition));
        Assert.NotEqual(0, status.LogStartOffset);
    }

    [Fact]
    public async Task A_producer_that_has_not_written_for_long_is_forgotten_also_by_the_segments()
    {
        var partition = await _store.CreateAsync("topic");
        await _store.AppendAsync(partition, TestBatch.Of(producerId: 7, timestamp: _store.Now));
        await partition.FlushAsync();
        var later = TestBatch.Of(producerId: 7, baseSequence: 5, timestamp: _store.Now);
        Assert.Equal(StreamError.OutOfOrderSequence, (await _store.AppendAsync(partition, later)).Error);

        await MaintainAsync(Options.ProducerExpiration + Second);
        await _store.AppendAsync(partition, TestBatch.Of(timestamp: _store.Now));
        _store = await TestStore.KillAndOpenAsync(_store, _storage, Options);
        partition = await _store.OpenAsync("topic");

        Assert.Equal(StreamError.None, (await _store.AppendAsync(partition, later)).Error);
    }

    private Task MaintainAsync(TimeSpan later)
    {
        _clock.Move(later);
        return _store.Store.MaintainAsync();
    }

    private async Task<int> CountSegmentsAsync(PartitionHost partition)
        => (await _storage.Segments.ListAsync(partition.Id, default)).Count;
}
