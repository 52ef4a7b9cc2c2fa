using OrleansStream.Contracts;
using OrleansStream.Engine.Hosting;
using OrleansStream.Engine.Hosting.Partitions;
using OrleansStream.TestKit;
using OrleansStream.TestKit.Batches;
using OrleansStream.TestKit.Storage;

namespace OrleansStream.Engine.Tests.Hosting.Partitions;

public sealed class PartitionHostTests : IAsyncLifetime
{
    private const int BatchBytes = 1_000;

    private readonly ManualTimeProvider _time = new();
    private readonly FaultyStorage _storage = new(seed: 1);
    private readonly GatedStorage _gates;
    private TestStore _store = null!; // Set before each test.
    private PartitionHost _partition = null!;

    public PartitionHostTests() => _gates = new GatedStorage(_storage);

    public async Task InitializeAsync()
    {
        // Room for ten batches of a thousand bytes.
        _store = await TestStore.OpenAsync(
            _gates, new EngineOptions { MemoryBytes = 10 * AppendQueue.ChargeFor(BatchBytes) }, _time);
        _partition = await _store.CreateAsync("topic");
    }

    public async Task DisposeAsync()
    {
        _gates.Release();
        await _store.DisposeAsync();
    }

    [Fact]
    public async Task An_acknowledged_record_can_be_read_at_once()
    {
        await _store.AppendAsync(_partition, [1, 2, 3]);

        Assert.Equal([1, 2, 3], await TestStore.ReadAllAsync(_partition));
    }

    [Fact]
    public async Task Without_waiting_for_the_flush_the_reply_comes_first_and_the_record_after_the_flush()
    {
        _gates.Hold();
        Assert.Equal(
            StreamError.None, (await _store.AppendAsync(_partition, TestBatch.Numbered(1), Acks.Leader)).Error);
        var status = await _partition.GetStatusAsync(CancellationToken.None);
        Assert.Equal((0, 1), (status.HighWatermark, status.LogEndOffset));

        var fetching = TestStore.FetchAsync(_partition, 0, maxWait: TestStore.Timeout);
        Assert.False(fetching.IsCompleted);
        _gates.Release();

        using var records = (await fetching).Records;
        Assert.Equal(1, TestBatch.NumberOf(records.ToArray()));
    }

    [Fact]
    public async Task A_flush_that_takes_too_long_is_answered_with_a_timeout()
    {
        _gates.Hold();
        var appending = _store.AppendAsync(_partition, TestBatch.Numbered(1));

        _time.Advance(TestStore.Timeout + TimeSpan.FromSeconds(1));

        Assert.Equal(StreamError.TimedOut, (await appending).Error);
    }

    [Theory]
    [InlineData(Acks.All)]
    [InlineData(Acks.Leader)]
    public async Task A_retry_is_answered_when_its_first_copy_is_flushed(Acks acks)
    {
        var batch = TestBatch.Of(2, producerId: 7);
        _gates.Hold();
        var first = await _store.AppendAsync(_partition, batch, Acks.Leader);
        var retry = _store.AppendAsync(_partition, batch, acks);
        Assert.False(retry.IsCompleted);

        _gates.Release();

        Assert.Equal((StreamError.None, first.BaseOffset), ((await retry).Error, (await retry).BaseOffset));
        Assert.Equal(2, (await _partition.GetStatusAsync(CancellationToken.None)).LogEndOffset);
    }

    [Fact]
    public async Task A_retry_whose_first_copy_is_not_flushed_in_time_is_answered_with_a_timeout()
    {
        var batch = TestBatch.Of(2, producerId: 7);
        _gates.Hold();
        await _store.AppendAsync(_partition, batch, Acks.Leader);
        var retry = _store.AppendAsync(_partition, batch);

        _time.Advance(TestStore.Timeout);

        Assert.Equal(StreamError.TimedOut, (await retry).Error);
    }

    [Fact]
    public async Task One_flush_serves_all_who_wait()
    {
        _gates.Hold();
        var first = _store.AppendAsync(_partition, TestBatch.Numbered(0));
        var before = _storage.Operations.Count;
        var others = Enumerable.Range(1, 50)
            .Select(i => _store.AppendAsync(_partition, TestBatch.Numbered(i))).ToArray();
        _gates.Release();

        var offsets = (await Task.WhenAll(others)).Select(reply => reply.BaseOffset);
        Assert.Equal(Enumerable.Range(1, 50).Select(i => (long)i), offsets);
        Assert.Equal(0, (await first).BaseOffset);
        var flushes = _storage.Operations.Skip(
            before).Where(name => name.StartsWith("flush", StringComparison.Ordinal));
        Assert.InRange(flushes.Count(), 1, 3);
    }

    [Fact]
    public async Task A_reader_that_keeps_what_it_read_does_not_keep_the_store_open()
    {
        await _store.AppendAsync(_partition, [1]);
        await _partition.FlushAsync();
        using var records = (await TestStore.FetchAsync(_partition, 0)).Records;

        await _store.DisposeAsync();

        Assert.Equal(1, TestBatch.NumberOf(records.ToArray()));
    }

    [Fact]
    public async Task A_batch_that_is_not_right_is_refused_and_nothing_is_stored()
    {
        var batch = TestBatch.Numbered(1);
        batch[^1] ^= 1;

        var reply = await _store.AppendAsync(_partition, batch);

        Assert.Equal((StreamError.CorruptBatch, -1), (reply.Error, reply.BaseOffset));
        Assert.Equal(0, (await _partition.GetStatusAsync(CancellationToken.None)).LogEndOffset);
    }

    [Fact]
    public async Task The_logs_time_is_told_and_stored_where_the_topic_says_so()
    {
        var partition = await _store.CreateAsync("timed", "message.timestamp.type", "LogAppendTime");

        var reply = await _store.AppendAsync(partition, TestBatch.Numbered(1, timestamp: 5));

        Assert.Equal(_store.Now, reply.LogAppendTimestamp);
        using var records = (await TestStore.FetchAsync(partition, 0)).Records;
        var header = TestBatch.HeaderOf(records.Pieces[0].Span);
        Assert.Equal((true, _store.Now), (header.HasLogAppendTime, header.MaxTimestamp));
    }

    [Fact]
    public async Task While_memory_is_short_appends_wait_and_keep_their_order()
    {
        await FillMemoryAsync();
        var waiting = Enumerable.Range(10, 8).Select(i => AppendPaddedAsync(i)).ToArray();
        Assert.DoesNotContain(waiting, append => append.IsCompleted);

        await _partition.FlushAsync();

        var replies = await Task.WhenAll(waiting);
        Assert.Equal(Enumerable.Range(10, 8).Select(i => (long)i), replies.Select(reply => reply.BaseOffset));
        Assert.Equal(Enumerable.Range(0, 18), await TestStore.ReadAllAsync(_partition));
    }

    [Fact]
    public async Task A_small_append_does_not_overtake_a_large_one_that_waits()
    {
        await AppendPaddedAsync(0);
        var held = (await TestStore.FetchAsync(_partition, 0)).Records;
        await _partition.FlushAsync();

        // There is room for the small one, but not for the large one as long as the reader holds its memory.
        var large = AppendPaddedAsync(1, paddingBytes: 9 * BatchBytes);
        var small = AppendPaddedAsync(2, paddingBytes: 0);
        Assert.False(large.IsCompleted || small.IsCompleted);
        held.Dispose();

        Assert.Equal((1, 2), ((await large).BaseOffset, (await small).BaseOffset));
    }

    [Fact]
    public async Task An_append_that_finds_no_memory_in_time_is_not_stored()
    {
        var held = await FillAndHoldMemoryAsync();
        var waiting = AppendPaddedAsync(10);

        _time.Advance(TestStore.Timeout);
        Assert.Equal(StreamError.TimedOut, (await waiting).Error);
        held.Dispose();
        await _partition.FlushAsync();
        await _store.AppendAsync(_partition, [11]);

        Assert.Equal([.. Enumerable.Range(0, 10), 11], await TestStore.ReadAllAsync(_partition));
    }

    [Fact]
    public async Task An_append_is_not_held_longer_by_one_before_it_that_waits_longer()
    {
        var held = await FillAndHoldMemoryAsync();
        var patient = _partition.AppendAsync(
            new(Padded(10), Acks.All, TimeSpan.FromHours(1)), CancellationToken.None).AsTask();
        var hasty = AppendPaddedAsync(11);

        _time.Advance(TestStore.Timeout);

        Assert.Equal(StreamError.TimedOut, (await hasty).Error);
        Assert.False(patient.IsCompleted);
        held.Dispose();
        await _partition.FlushAsync();
        Assert.Equal(10, (await patient).BaseOffset);
    }

    [Fact]
    public async Task A_cancelled_append_that_waits_for_memory_is_not_stored()
    {
        using var cancelling = new CancellationTokenSource();
        await FillMemoryAsync();
        var waiting = _partition.AppendAsync(
            new(Padded(10), Acks.All, TestStore.Timeout), cancelling.Token).AsTask();

        await cancelling.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await _partition.FlushAsync();
        Assert.Equal(Enumerable.Range(0, 10), await TestStore.ReadAllAsync(_partition));
    }

    [Fact]
    public async Task Closing_refuses_what_waits_and_what_comes()
    {
        await FillMemoryAsync();
        var waiting = AppendPaddedAsync(10);
        var fetching = TestStore.FetchAsync(_partition, 10, maxWait: TestStore.Timeout);

        _partition.Close(StreamError.NotHosted, "moved");
        _partition.Close(StreamError.UnknownTopicOrPartition, "too late");

        Assert.Equal((StreamError.NotHosted, "moved"), ((await waiting).Error, (await waiting).Message));
        Assert.Equal(StreamError.NotHosted, (await fetching).Error);
        Assert.Equal(StreamError.NotHosted, (await AppendPaddedAsync(11)).Error);
        Assert.Equal(StreamError.NotHosted, (await TestStore.FetchAsync(_partition, 0)).Error);
        Assert.Equal(StreamError.NotHosted, (await _partition.FindOffsetAsync(new(OffsetKind.Latest), default)).Error);
        Assert.Equal(StreamError.NotHosted, (await _partition.FindEpochEndAsync(new(0), default)).Error);
        Assert.Equal(StreamError.NotHosted, (await _partition.DeleteRecordsAsync(-1, default)).Error);
        Assert.Equal(StreamError.NotHosted, (await _partition.GetStatusAsync(default)).Error);
    }

    [Fact]
    public async Task An_append_that_comes_after_the_end_and_finds_no_memory_is_refused()
    {
        using var held = await FillAndHoldMemoryAsync();
        await _store.DisposeAsync();

        Assert.Equal(StreamError.NotHosted, (await AppendPaddedAsync(10)).Error);
    }

    [Fact]
    public async Task A_fetch_that_waits_gets_what_is_there_when_its_time_is_over()
    {
        await _store.AppendAsync(_partition, [1]);
        var fetching = TestStore.FetchAsync(_partition, 0, minBytes: 1_000, maxWait: TestStore.Timeout);
        var nothing = TestStore.FetchAsync(_partition, 1, maxWait: TestStore.Timeout);
        Assert.False(fetching.IsCompleted || nothing.IsCompleted);

        _time.Advance(TestStore.Timeout);

        using var records = (await fetching).Records;
        Assert.Equal(1, TestBatch.NumberOf(records.ToArray()));
        Assert.Equal((StreamError.None, 0), ((await nothing).Error, (await nothing).Records.LengthBytes));
    }

    [Fact]
    public async Task A_fetch_waits_until_there_are_enough_bytes()
    {
        var batch = Padded(1);
        var fetching = TestStore.FetchAsync(_partition, 0, minBytes: 2 * batch.Length, maxWait: TestStore.Timeout);

        await _store.AppendAsync(_partition, batch);
        Assert.False(fetching.IsCompleted);
        await _store.AppendAsync(_partition, batch);

        using var records = (await fetching).Records;
        Assert.Equal(2 * batch.Length, records.LengthBytes);
    }

    [Fact]
    public async Task What_a_reader_holds_stays_as_it_was_when_it_is_flushed_and_overwritten()
    {
        await _store.AppendAsync(_partition, [1]);
        using var records = (await TestStore.FetchAsync(_partition, 0)).Records;
        var before = records.ToArray();

        await _partition.FlushAsync();
        await _store.AppendAsync(_partition, [2, 3]);

        Assert.Equal(before, records.ToArray());
        Assert.Equal([1, 2, 3], await TestStore.ReadAllAsync(_partition));
    }

    [Theory]
    [InlineData(-1, StreamError.None, 3)]
    [InlineData(0, StreamError.None, 0)]
    [InlineData(2, StreamError.None, 2)]
    [InlineData(3, StreamError.None, 3)]
    [InlineData(4, StreamError.OffsetOutOfRange, -1)]
    [InlineData(-2, StreamError.OffsetOutOfRange, -1)]
    public async Task Records_are_deleted_up_to_the_high_watermark(long before, StreamError error, long logStart)
    {
        await _store.AppendAsync(_partition, [1, 2, 3]);

        Assert.Equal(new DeleteRecordsReply(error, logStart), await _partition.DeleteRecordsAsync(before, default));
        Assert.Equal(Math.Max(0, logStart), (await _partition.GetStatusAsync(default)).LogStartOffset);
    }

    [Fact]
    public async Task The_log_start_never_moves_back()
    {
        await _store.AppendAsync(_partition, [1, 2, 3]);
        await _partition.DeleteRecordsAsync(2, default);

        Assert.Equal(2, (await _partition.DeleteRecordsAsync(1, default)).LogStartOffset);
        Assert.Equal([3], await TestStore.ReadAllAsync(_partition));
    }

    [Theory]
    [InlineData(-1, StreamError.None)]
    [InlineData(0, StreamError.None)]
    [InlineData(7, StreamError.UnknownLeaderEpoch)]
    public async Task A_caller_with_another_epoch_is_told_so(int epoch, StreamError expected)
    {
        Assert.Equal(0, _partition.LeaderEpoch);
        Assert.Equal(expected, (await _partition.FetchAsync(new(0, 1, 0, default, epoch), default)).Error);
        Assert.Equal(expected, (await _partition.FindOffsetAsync(new(OffsetKind.Latest, -1, epoch), default)).Error);
        Assert.Equal(expected, (await _partition.FindEpochEndAsync(new(0, epoch), default)).Error);
    }

    [Fact]
    public async Task A_journal_that_fails_refuses_its_waiters_and_ends_the_store()
    {
        _storage.FailAt(_storage.Operations.Count + 1, Fault.Error);

        Assert.Equal(StreamError.StorageFailed, (await _store.AppendAsync(_partition, TestBatch.Numbered(1))).Error);
        await _store.Store.Failed;
        Assert.Equal(StreamError.StorageFailed, (await _store.AppendAsync(_partition, TestBatch.Numbered(2))).Error);
        Assert.Equal(0, (await _partition.GetStatusAsync(default)).HighWatermark);
    }

    [Fact]
    public async Task A_segment_that_cannot_be_read_is_an_error_that_can_be_retried()
    {
        await _store.AppendAsync(_partition, [1]);
        await _partition.FlushAsync();
        var name = Assert.Single(await _storage.Segments.ListAsync(_partition.Id, default));
        await _storage.Segments.DeleteAsync(_partition.Id, name, default);

        Assert.Equal(StreamError.StorageFailed, (await TestStore.FetchAsync(_partition, 0)).Error);
        Assert.Equal(
            StreamError.StorageFailed,
            (await _partition.FindOffsetAsync(new(OffsetKind.AtTimestamp, 0), default)).Error);
    }

    // Ten batches of a thousand bytes, which is all there is room for.
    private async Task FillMemoryAsync()
    {
        foreach (var i in Enumerable.Range(0, 10))
        {
            Assert.Equal(StreamError.None, (await AppendPaddedAsync(i)).Error);
        }
    }

    // A reader holds it, so that maintenance, which the clock may wake, cannot free it.
    private async Task<FetchedRecords> FillAndHoldMemoryAsync()
    {
        await FillMemoryAsync();
        return (await TestStore.FetchAsync(_partition, 0)).Records;
    }

    private Task<AppendReply> AppendPaddedAsync(int number, int? paddingBytes = null)
        => _store.AppendAsync(_partition, Padded(number, paddingBytes));

    private byte[] Padded(int number, int? paddingBytes = null)
    {
        var empty = TestBatch.Numbered(number, 200).Length - 200;
        return TestBatch.Numbered(number, paddingBytes ?? BatchBytes - empty, _store.Now);
    }
}
