using OrleansStream.Contracts;
using OrleansStream.Engine.Hosting.Partitions;
using OrleansStream.Engine.Log;
using OrleansStream.Engine.Storage;
using OrleansStream.Engine.Storage.Memory;
using OrleansStream.TestKit.Storage;

namespace OrleansStream.Engine.Tests.Hosting;

public sealed class PartitionOpeningTests
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromMinutes(1);

    private readonly MemoryStorage _storage = new();

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(300)]
    public async Task Opening_reads_one_row_and_the_last_segment_however_many_there_are(int segmentCount)
    {
        await FillAsync(segmentCount);
        var watched = new WatchedStorage(_storage);
        await using var store = await TestStore.OpenAsync(watched);
        var rowsBefore = watched.Rows;
        var history = HoldHistory(watched);

        var partition = await store.OpenAsync("topic");

        Assert.Equal(
            (1, 1, 1, 0), (watched.Rows - rowsBefore, watched.Opened, watched.Reads, watched.Listed));
        history.SetResult();
        Assert.Equal(Enumerable.Range(0, segmentCount), await TestStore.ReadAllAsync(partition));
    }

    [Fact]
    public async Task What_is_new_is_written_and_read_while_the_older_segments_are_not_known()
    {
        await FillAsync(3);
        var watched = new WatchedStorage(_storage);
        await using var store = await TestStore.OpenAsync(watched);
        var history = HoldHistory(watched);
        var partition = await store.OpenAsync("topic");

        await store.AppendAsync(partition, [3]);
        Assert.Equal(StreamError.None, (await FetchAsync(partition, 3)).Error);
        Assert.Equal(StreamError.None, (await FetchAsync(partition, 2)).Error);
        Task[] later =
        [
            FetchAsync(partition, 1),
            partition.GetStatusAsync(default).AsTask(),
            partition.FindOffsetAsync(new(OffsetKind.AtTimestamp, 0), default).AsTask(),
            partition.FlushAsync(),
        ];
        Assert.DoesNotContain(later, task => task.IsCompleted);

        history.SetResult();
        await Task.WhenAll(later).WaitAsync(s_timeout);
        Assert.Equal([0, 1, 2, 3], await TestStore.ReadAllAsync(partition));
    }

    // Found out when the partition is already being written: what was acknowledged must not get lost.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_damaged_row_refuses_the_partition_and_keeps_what_was_appended_meanwhile(bool isMissing)
    {
        await FillAsync(3);
        var watched = new WatchedStorage(_storage);
        TableRow row;
        await using (var store = await TestStore.OpenAsync(watched))
        {
            var history = HoldHistory(watched);
            var partition = await store.OpenAsync("topic");
            await store.AppendAsync(partition, [3]);
            row = await DamageAsync(partition.Id, isMissing);

            history.SetResult();
            await partition.Closed.WaitAsync(s_timeout);
            Assert.Equal(StreamError.StorageFailed, (await FetchAsync(partition, 3)).Error);
            await Assert.ThrowsAsync<StorageDamagedException>(() => store.OpenAsync("topic"));
            await store.Store.MaintainAsync();
        }

        await using (var store = await TestStore.OpenAsync(_storage))
        {
            await Assert.ThrowsAsync<StorageDamagedException>(() => store.OpenAsync("topic"));
        }

        await ExecuteAsync(row.PartitionKey, new(TableOperationKind.Upsert, row.RowKey, row.Value));
        await using var repaired = await TestStore.OpenAsync(_storage);
        Assert.Equal([0, 1, 2, 3], await TestStore.ReadAllAsync(await repaired.OpenAsync("topic")));
    }

    [Fact]
    public async Task When_the_rows_cannot_be_read_the_store_is_opened_anew()
    {
        await FillAsync(3);
        var watched = new WatchedStorage(_storage);
        await using var store = await TestStore.OpenAsync(watched);
        var history = HoldHistory(watched);
        var partition = await store.OpenAsync("topic");

        history.SetException(new IOException("As planned."));

        Assert.Equal("As planned.", (await store.Store.Failed.WaitAsync(s_timeout)).Message);
        Assert.Equal(StreamError.StorageFailed, (await FetchAsync(partition, 0)).Error);
    }

    [Fact]
    public async Task A_partition_that_another_owner_took_over_is_given_up_and_nothing_of_the_other_is_deleted()
    {
        await FillAsync(3);
        var watched = new WatchedStorage(_storage);
        await using var store = await TestStore.OpenAsync(watched);
        var history = HoldHistory(watched);
        var partition = await store.OpenAsync("topic");
        var head = await ChangeHeadAsync(partition.Id, head => head with { Epoch = head.Epoch + 1 });
        var theirs = new SegmentName(3, head.Epoch, head.Generation);
        await _storage.Segments.WriteAsync(partition.Id, theirs, [1]);

        history.SetResult();

        Assert.IsType<ManifestFaultException>(await store.Store.Failed.WaitAsync(s_timeout));
        await store.DisposeAsync();
        Assert.Contains(theirs, await _storage.Segments.ListAsync(partition.Id, default));
    }

    [Fact]
    public async Task A_head_row_that_does_not_name_the_last_segment_yet_is_read_with_all_rows()
    {
        var id = await FillAsync(3);
        await ChangeHeadAsync(id, head => head with { Last = null });

        for (var i = 0; i < 2; i++)
        {
            await using var store = await TestStore.OpenAsync(_storage);
            Assert.Equal([0, 1, 2], await TestStore.ReadAllAsync(await store.OpenAsync("topic")));
        }
    }

    // Each of the numbers is in a segment of its own.
    private async Task<PartitionId> FillAsync(int segmentCount)
    {
        await using var store = await TestStore.OpenAsync(_storage);
        var partition = await store.CreateAsync("topic");
        for (var i = 0; i < segmentCount; i++)
        {
            await store.AppendAsync(partition, [i]);
            await partition.FlushAsync();
        }

        return partition.Id;
    }

    private static TaskCompletionSource HoldHistory(WatchedStorage storage)
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        storage.OnQuery = table => table == PartitionRows.Table ? gate.Task : Task.CompletedTask;
        return gate;
    }

    private static Task<FetchReply> FetchAsync(PartitionHost partition, long offset)
        => TestStore.FetchAsync(partition, offset);

    // The row of the second segment as it was.
    private async Task<TableRow> DamageAsync(PartitionId id, bool isMissing)
    {
        var rows = await _storage.Tables.QueryAsync(PartitionRows.Table, id.ToString(), default);
        var segments = rows.Where(row => PartitionRows.IsSegmentKey(row.RowKey)).ToArray();
        var row = isMissing ? segments[^1] : segments[1];
        await ExecuteAsync(
            row.PartitionKey,
            isMissing
                ? new(TableOperationKind.Delete, row.RowKey)
                : new(TableOperationKind.Upsert, row.RowKey, "{"u8.ToArray()));
        return row;
    }

    private async Task<PartitionHead> ChangeHeadAsync(PartitionId id, Func<PartitionHead, PartitionHead> change)
    {
        var row = await _storage.Tables.GetAsync(PartitionRows.Table, id.ToString(), PartitionRows.HeadKey, default);
        var head = change(PartitionRows.DecodeHead(row!));
        await ExecuteAsync(
            id.ToString(), new(TableOperationKind.Upsert, PartitionRows.HeadKey, PartitionRows.Encode(head)));
        return head;
    }

    private async Task ExecuteAsync(string partitionKey, TableOperation operation)
        => await _storage.Tables.ExecuteAsync(PartitionRows.Table, partitionKey, [operation], default);
}
