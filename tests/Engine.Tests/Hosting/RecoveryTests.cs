using OrleansStream.Contracts;
using OrleansStream.Engine.Hosting;
using OrleansStream.Engine.Hosting.Journals;
using OrleansStream.Engine.Hosting.Partitions;
using OrleansStream.Engine.Log;
using OrleansStream.Engine.Storage;
using OrleansStream.TestKit.Batches;
using OrleansStream.TestKit.Storage;

namespace OrleansStream.Engine.Tests.Hosting;

/// <summary>What a store does with what it finds.</summary>
public sealed class RecoveryTests : IAsyncLifetime
{
    // Records of this size make a journal file roll after two of them.
    private const int PaddingBytes = 40_000;

    private static readonly EngineOptions Options = new() { Journal = new JournalOptions { MaxBytes = 1 << 19 } };

    private readonly Dictionary<string, PartitionHost> _partitions = [];
    private FaultyStorage _storage = new(seed: 1);
    private TestStore? _store;

    public async Task InitializeAsync() => _store = await TestStore.OpenAsync(_storage, Options);

    public async Task DisposeAsync()
    {
        if (_store is not null)
        {
            await _store.DisposeAsync();
        }
    }

    [Fact]
    public async Task After_an_orderly_end_there_is_no_journal_and_everything_is_there()
    {
        await AppendAsync("a", 1, 2, 3);
        await CloseAsync();
        Assert.Empty(await _storage.Journals.ListAsync(default));

        await OpenAsync();
        Assert.Equal([1, 2, 3], await ReadAsync("a"));
    }

    [Fact]
    public async Task What_only_the_journal_holds_is_copied_to_segments_and_the_journal_deleted()
    {
        await AppendAsync("a", 1, 2, 3);
        await KillAsync();
        var journal = Assert.Single(await _storage.Journals.ListAsync(default));

        await OpenAsync();

        Assert.DoesNotContain(journal, await _storage.Journals.ListAsync(default));
        Assert.Equal([1, 2, 3], await ReadAsync("a"));
        Assert.Single(await _storage.Segments.ListAsync(await IdAsync("a"), default));
    }

    [Fact]
    public async Task Recovery_counts_the_bytes_once_more_after_a_second_crash()
    {
        await AppendAsync("a", 1, 2, 3);
        await KillAsync();
        await OpenAsync();
        await AppendAsync("a", 4);
        await KillAsync();
        await OpenAsync();

        Assert.Equal([1, 2, 3, 4], await ReadAsync("a"));
    }

    [Fact]
    public async Task Clients_are_told_where_the_log_was_cut()
    {
        var partition = await CreateAsync("a");
        await AppendAsync("a", 1, 2);
        var before = partition.LeaderEpoch;
        await KillAsync();
        await OpenAsync();

        var after = await _store!.OpenAsync("a");
        Assert.True(after.LeaderEpoch > before);
        await AppendAsync(after, 3);
        Assert.Equal(
            new EpochEndReply(StreamError.None, before, 2), await after.FindEpochEndAsync(new(before), default));
        Assert.Equal(
            new EpochEndReply(StreamError.None, after.LeaderEpoch, 3),
            await after.FindEpochEndAsync(new(after.LeaderEpoch), default));
        Assert.Equal(
            StreamError.FencedLeaderEpoch, (await after.FetchAsync(new(0, 1, 1, default, before), default)).Error);
    }

    [Fact]
    public async Task A_topic_in_memory_loses_its_tail_in_a_crash_and_tells_so()
    {
        var partition = await CreateAsync("a", "durability", "memory");
        await AppendAsync(partition, 1, 2);
        await partition.FlushAsync();
        await AppendAsync(partition, 3, 4);
        Assert.Equal([1, 2, 3, 4], await TestStore.ReadAllAsync(partition));
        await KillAsync();
        await OpenAsync();

        var after = await _store!.OpenAsync("a");
        await AppendAsync(after, 5);

        Assert.Equal([1, 2, 5], await TestStore.ReadAllAsync(after));
        Assert.Equal(2, (await after.FindEpochEndAsync(new(partition.LeaderEpoch), default)).EndOffset);
    }

    [Fact]
    public async Task A_topic_in_memory_is_kept_by_an_orderly_end()
    {
        await AppendAsync(await CreateAsync("a", "durability", "memory"), 1, 2);
        await CloseAsync();
        await OpenAsync();

        Assert.Equal([1, 2], await ReadAsync("a"));
    }

    [Fact]
    public async Task A_damaged_last_segment_refuses_its_partition_and_no_other()
    {
        var damaged = await CreateAsync("damaged");
        await AppendAsync(damaged, 1, 2);
        await damaged.FlushAsync();
        await AppendAsync(damaged, 3);
        await AppendAsync("healthy", 4);
        await KillAsync();
        var name = Assert.Single(await _storage.Segments.ListAsync(damaged.Id, default));
        await _storage.Segments.EditAsync(damaged.Id, name, bytes => StoredFiles.Damage(bytes, bytes.Length - 1));

        await OpenAsync();

        await Assert.ThrowsAsync<StorageDamagedException>(() => _store!.OpenAsync("damaged"));
        Assert.Equal([4], await ReadAsync("healthy"));

        // Nothing of it is lost: the segment is put right, from a backup as it were, and all is there.
        await CloseAsync();
        await _storage.Segments.EditAsync(damaged.Id, name, bytes => StoredFiles.Damage(bytes, bytes.Length - 1));
        await OpenAsync();
        Assert.Equal([1, 2, 3], await ReadAsync("damaged"));
        Assert.Equal([4], await ReadAsync("healthy"));
    }

    [Fact]
    public async Task A_damaged_row_refuses_its_partition_and_no_other()
    {
        await AppendAsync("damaged", 1);
        await AppendAsync("healthy", 2);
        var id = await IdAsync("damaged");
        await CloseAsync();
        await _storage.Tables.ExecuteAsync(
            PartitionRows.Table,
            id.ToString(),
            [new(TableOperationKind.Upsert, PartitionRows.HeadKey, new byte[3])],
            default);

        await OpenAsync();

        await Assert.ThrowsAsync<StorageDamagedException>(() => _store!.OpenAsync("damaged"));
        Assert.Equal([2], await ReadAsync("healthy"));
    }

    [Fact]
    public async Task A_damaged_payload_in_the_journal_refuses_the_partitions_it_names_and_no_other()
    {
        await AppendAsync("damaged", 1);
        await AppendAsync("healthy", 2, 3);
        await KillAsync();
        await EditJournalAsync(bytes => StoredFiles.Damage(bytes, JournalBlock.HeaderBytes(1) + 70));

        await OpenAsync();
        await Assert.ThrowsAsync<StorageDamagedException>(() => _store!.OpenAsync("damaged"));
        Assert.Equal([2, 3], await ReadAsync("healthy"));
        await AppendAsync("healthy", 4);

        // The journal is kept, and stays damaged, but has nothing to say on the healthy one any more.
        await KillAsync();
        await OpenAsync();
        await Assert.ThrowsAsync<StorageDamagedException>(() => _store!.OpenAsync("damaged"));
        Assert.Equal([2, 3, 4], await ReadAsync("healthy"));
    }

    [Fact]
    public async Task A_damaged_header_in_the_journal_refuses_the_partitions_that_may_be_in_it_and_no_other()
    {
        await CreateAsync("elsewhere");
        await CloseAsync();
        await OpenAsync();
        await AppendAsync("damaged", 1, 2);
        await KillAsync();
        await EditJournalAsync(bytes => StoredFiles.Damage(bytes, 20));

        await OpenAsync();

        await Assert.ThrowsAsync<StorageDamagedException>(() => _store!.OpenAsync("damaged"));
        Assert.Empty(await ReadAsync("elsewhere"));
    }

    [Fact]
    public async Task A_journal_file_that_is_missing_in_the_middle_is_damage()
    {
        await AppendAsync("other", 1);
        await CreateAsync("a");
        await _store!.AppendAsync(await OpenOrGetAsync("a"), Enumerable.Range(0, 10), PaddingBytes);
        await KillAsync();
        var files = await _storage.Journals.ListAsync(default);
        Assert.InRange(files.Count, 4, 100);
        await _storage.Journals.DeleteAsync(files[2], default);

        await OpenAsync();

        await Assert.ThrowsAsync<StorageDamagedException>(() => _store!.OpenAsync("a"));
    }

    // Its last block could not be read the first time, so its record is lost: it must not come back.
    [Fact]
    public async Task A_journal_that_was_recovered_before_has_nothing_more_to_say()
    {
        await AppendAsync("a", 1, 2);
        await KillAsync();
        var journal = Assert.Single(await _storage.Journals.ListAsync(default));
        var whole = await _storage.Journals.ReadAsync(journal);
        await EditJournalAsync(bytes => bytes[..^1]);
        await OpenAsync();
        Assert.Equal([1], await ReadAsync("a"));

        await CloseAsync();
        await _storage.Journals.WriteAsync(journal, whole);
        await OpenAsync();

        Assert.Equal([1], await ReadAsync("a"));
    }

    [Fact]
    public async Task A_record_of_a_topic_the_catalog_does_not_know_stops_the_opening()
    {
        await AppendAsync("a", 1);
        await KillAsync();
        await _storage.Tables.ExecuteAsync(
            "catalog", "topics", [new(TableOperationKind.Delete, "topic-a")], default);
        var journal = Assert.Single(await _storage.Journals.ListAsync(default));

        var e = await Assert.ThrowsAsync<StorageDamagedException>(() => TestStore.OpenAsync(_storage, Options));

        Assert.Contains(journal, e.Message, StringComparison.Ordinal);
        Assert.Equal([journal], await _storage.Journals.ListAsync(default));
    }

    [Fact]
    public async Task A_file_among_the_journals_that_is_none_stops_the_opening()
    {
        await CloseAsync();
        await _storage.Journals.WriteAsync("notes.txt", [1, 2, 3]);

        await Assert.ThrowsAsync<StorageDamagedException>(() => TestStore.OpenAsync(_storage, Options));
    }

    [Fact]
    public async Task Segments_of_a_topic_the_catalog_does_not_know_are_left_alone()
    {
        var unknown = new PartitionId(Guid.NewGuid(), 0);
        await CloseAsync();
        await _storage.Segments.WriteAsync(unknown, new(0, 0, 0), [1, 2, 3]);

        await OpenAsync();

        Assert.Single(await _storage.Segments.ListAsync(unknown, default));
    }

    [Fact]
    public async Task A_segment_that_the_manifest_does_not_name_is_swept()
    {
        await AppendAsync("a", 1);
        var id = await IdAsync("a");
        await CloseAsync();
        await _storage.Segments.WriteAsync(id, new(77, 0, 0), [1, 2, 3]);

        await OpenAsync();

        Assert.Equal([1], await ReadAsync("a"));
        await _partitions["a"].FlushAsync(); // Comes after the sweep, which goes on behind the opening.
        Assert.DoesNotContain(new SegmentName(77, 0, 0), await _storage.Segments.ListAsync(id, default));
    }

    [Fact]
    public async Task A_batch_that_the_log_start_lies_in_is_recovered_whole()
    {
        var partition = await CreateAsync("a");
        await _store!.AppendAsync(partition, TestBatch.Of(10, timestamp: _store.Now));
        await _store.AppendAsync(partition, TestBatch.Of(10, timestamp: _store.Now));
        await partition.DeleteRecordsAsync(13, default);
        await KillAsync();
        await OpenAsync();

        partition = await _store.OpenAsync("a");
        var status = await partition.GetStatusAsync(default);
        Assert.Equal((13, 20), (status.LogStartOffset, status.LogEndOffset));
        using var records = (await TestStore.FetchAsync(partition, 13)).Records;
        Assert.Equal(10, TestBatch.HeaderOf(records.ToArray()).BaseOffset);
        Assert.Equal(StreamError.OffsetOutOfRange, (await TestStore.FetchAsync(partition, 12)).Error);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_retry_is_recognised_after_a_crash_though_its_records_were_deleted(bool inSegment)
    {
        var partition = await CreateAsync("a");
        var batch = TestBatch.Of(3, producerId: 7, timestamp: _store!.Now);
        await _store.AppendAsync(partition, TestBatch.Of(2, timestamp: _store.Now));
        await _store.AppendAsync(partition, batch);
        if (inSegment)
        {
            await partition.FlushAsync();
        }

        await partition.DeleteRecordsAsync(-1, default);
        for (var crash = 0; crash < 2; crash++)
        {
            await KillAsync();
            await OpenAsync();
            partition = await _store.OpenAsync("a");
            await _store.Store.MaintainAsync();

            Assert.Equal(2, (await _store.AppendAsync(partition, batch)).BaseOffset);
            Assert.Equal(5, (await partition.GetStatusAsync(default)).LogEndOffset);
        }

        var next = TestBatch.Of(1, producerId: 7, baseSequence: 3, timestamp: _store.Now);
        Assert.Equal(5, (await _store.AppendAsync(partition, next)).BaseOffset);
        await partition.FlushAsync();
        await partition.DeleteRecordsAsync(5, default);
        Assert.Single(await _storage.Segments.ListAsync(partition.Id, default));
    }

    [Fact]
    public async Task A_retry_is_recognised_after_a_crash()
    {
        var partition = await CreateAsync("a");
        var batch = TestBatch.Of(3, producerId: 7, timestamp: _store!.Now);
        var first = await _store.AppendAsync(partition, batch);
        await KillAsync();
        await OpenAsync();

        var retry = await _store.AppendAsync(await _store.OpenAsync("a"), batch);

        Assert.Equal((StreamError.None, first.BaseOffset), (retry.Error, retry.BaseOffset));
    }

    private async Task<PartitionHost> CreateAsync(string topic, params string[] configs)
        => _partitions[topic] = await _store!.CreateAsync(topic, configs);

    // Creates the topic if there is none, and opens it if it is not open.
    private async Task<PartitionHost> OpenOrGetAsync(string topic)
    {
        if (_partitions.TryGetValue(topic, out var partition))
        {
            return partition;
        }

        return _partitions[topic] = await _store!.Store.Topics.FindAsync(topic, default) is null
            ? await _store.CreateAsync(topic)
            : await _store.OpenAsync(topic);
    }

    private async Task AppendAsync(string topic, params int[] numbers)
        => await AppendAsync(await OpenOrGetAsync(topic), numbers);

    private Task AppendAsync(PartitionHost partition, params int[] numbers) => _store!.AppendAsync(partition, numbers);

    private async Task<List<int>> ReadAsync(string topic) => await TestStore.ReadAllAsync(await OpenOrGetAsync(topic));

    private async Task<PartitionId> IdAsync(string topic)
        => new((await _store!.Store.Topics.FindAsync(topic, default))!.Id, 0);

    private async Task EditJournalAsync(Func<byte[], byte[]> edit)
        => await _storage.Journals.EditAsync((await _storage.Journals.ListAsync(default))[0], edit);

    private async Task CloseAsync()
    {
        await _store!.DisposeAsync();
        _store = null;
        _partitions.Clear();
    }

    private async Task KillAsync()
    {
        _storage = await _storage.KillAsync();
        await CloseAsync();
    }

    private async Task OpenAsync() => _store = await TestStore.OpenAsync(_storage, Options);
}
