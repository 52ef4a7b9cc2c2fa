using OrleansStream.Contracts;
using OrleansStream.Engine.Hosting.Partitions;
using OrleansStream.Engine.Topics;
using OrleansStream.TestKit.Batches;
using OrleansStream.TestKit.Storage;

namespace OrleansStream.Engine.Tests.Hosting;

/// <summary>Topics from their creation to their deletion, and what becomes of their partitions.</summary>
public sealed class TopicLifeTests : IAsyncLifetime
{
    private FaultyStorage _storage = new(seed: 1);
    private TestStore _store = null!; // Set before each test.

    private ITopicCatalog Topics => _store.Store.Topics;

    public async Task InitializeAsync() => _store = await TestStore.OpenAsync(_storage);

    public async Task DisposeAsync() => await _store.DisposeAsync();

    [Fact]
    public async Task Two_creations_of_one_name_end_with_one_topic()
    {
        var replies = await Task.WhenAll(CreateAsync("topic"), CreateAsync("topic"));

        Assert.Equal([StreamError.None, StreamError.TopicExists], replies.Select(reply => reply.Error).Order());
        Assert.Single(await Topics.ListAsync(default));
    }

    [Fact]
    public async Task A_creation_that_is_only_checked_changes_nothing()
    {
        var operations = _storage.Operations.Count;
        var reply = await Topics.CreateAsync(
            new("topic", 1, new Dictionary<string, string>(), ValidateOnly: true), default);

        Assert.Equal((StreamError.None, "topic"), (reply.Error, reply.Topic!.Name));
        Assert.Null(await Topics.FindAsync("topic", default));
        Assert.Equal(operations, _storage.Operations.Count);
    }

    [Fact]
    public async Task Topics_and_their_changes_survive_a_crash()
    {
        var created = (await CreateAsync("topic")).Topic!;
        await Topics.AlterConfigsAsync("topic", [new("retention.ms", "5")], false, default);
        await Topics.AddPartitionsAsync("topic", 3, false, default);
        await KillAsync();

        var found = await Topics.FindByIdAsync(created.Id, default);
        Assert.Equal(("topic", 3), (found!.Name, found.PartitionCount));
        Assert.Equal("5", found.Configs["retention.ms"]);
        Assert.True(_store.Store.Exists(new(created.Id, 2)));
        Assert.False(_store.Store.Exists(new(created.Id, 3)));
        Assert.False(_store.Store.Exists(new(created.Id, -1)));
    }

    [Fact]
    public async Task A_changed_configuration_holds_for_the_next_append()
    {
        var partition = await _store.CreateAsync("topic");
        await Topics.AlterConfigsAsync("topic", [new("max.message.bytes", "100")], false, default);

        Assert.Equal(
            StreamError.BatchTooLarge, (await _store.AppendAsync(partition, TestBatch.Of(valueBytes: 100))).Error);
    }

    [Fact]
    public async Task A_deleted_topic_is_gone_at_once_and_its_files_soon()
    {
        var partition = await _store.CreateAsync("topic");
        await _store.AppendAsync(partition, [1]);
        await partition.FlushAsync();
        var waiting = TestStore.FetchAsync(partition, 1, maxWait: TestStore.Timeout);

        Assert.Equal(new TopicReply(StreamError.None, null, null), await Topics.DeleteAsync("topic", default));

        Assert.Null(await Topics.FindAsync("topic", default));
        Assert.Equal(StreamError.UnknownTopicOrPartition, (await waiting).Error);
        Assert.Equal(StreamError.UnknownTopicOrPartition, (await _store.AppendAsync(partition, TestBatch.Of())).Error);
        Assert.Null(await _store.Store.OpenPartitionAsync(partition.Id, new TestTurn(), default));

        await _store.Store.MaintainAsync();
        Assert.Empty(await _storage.Segments.ListPartitionsAsync(default));
        Assert.Empty(await _storage.Tables.QueryAsync("partitions", partition.Id.ToString(), default));
    }

    [Fact]
    public async Task A_topic_created_again_is_empty_and_another_one()
    {
        var before = await _store.CreateAsync("topic");
        await _store.AppendAsync(before, [1]);
        await Topics.DeleteAsync("topic", default);

        var after = await _store.CreateAsync("topic");
        await _store.AppendAsync(after, [2]);
        Assert.NotEqual(before.Id, after.Id);
        Assert.Equal([2], await TestStore.ReadAllAsync(after));

        await KillAsync();
        Assert.Equal([2], await TestStore.ReadAllAsync(await _store.OpenAsync("topic")));
    }

    [Fact]
    public async Task A_tombstone_lasts_as_long_as_a_journal_may_hold_records_of_its_topic()
    {
        var partition = await _store.CreateAsync("topic");
        await _store.AppendAsync(partition, [1]);
        await Topics.DeleteAsync("topic", default);
        await _store.Store.MaintainAsync();
        Assert.Single((await ReadRowsAsync()).Tombstones);

        await KillAsync();

        Assert.Empty((await ReadRowsAsync()).Tombstones);
        Assert.Empty(await _storage.Segments.ListPartitionsAsync(default));
    }

    [Fact]
    public async Task A_creation_whose_reply_is_lost_ends_the_store_and_the_next_one_knows_the_topic()
    {
        _storage.FailAt(_storage.Operations.Count + 1, Fault.LostReply);

        await Assert.ThrowsAnyAsync<IOException>(() => CreateAsync("topic"));
        await _store.Store.Failed;
        Assert.Null(await Topics.FindAsync("topic", default));

        await _store.DisposeAsync();
        _store = await TestStore.OpenAsync(_storage);
        Assert.Equal(StreamError.TopicExists, (await CreateAsync("topic")).Error);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_topic_can_be_deleted_while_it_is_written_and_read(int seed)
    {
        var partition = await _store.CreateAsync("topic");
        var other = await _store.CreateAsync("other");
        var deleting = new TaskCompletionSource();
        var clients = Enumerable.Range(0, 6).Select(client => Task.Run(async () =>
        {
            var random = new Random((seed * 10) + client);
            var error = StreamError.None;
            for (var i = 0; error == StreamError.None; i++)
            {
                if (i == 20)
                {
                    deleting.TrySetResult();
                }

                error = random.Next(3) switch
                {
                    0 => (await _store.AppendAsync(partition, TestBatch.Of(timestamp: _store.Now))).Error,
                    1 => (await _store.AppendAsync(partition, TestBatch.Of(timestamp: _store.Now), Acks.Leader)).Error,
                    _ => await FetchSomeAsync(partition, random),
                };
            }

            return error;
        })).ToArray();

        await deleting.Task;
        await Topics.DeleteAsync("topic", default);
        var maintaining = _store.Store.MaintainAsync();

        Assert.All(await Task.WhenAll(clients), error => Assert.Equal(StreamError.UnknownTopicOrPartition, error));
        await maintaining;
        Assert.Empty(await _storage.Segments.ListPartitionsAsync(default));
        await _store.AppendAsync(other, [1]);
        Assert.False(_store.Store.Failed.IsCompleted);
    }

    [Fact]
    public async Task A_topic_deleted_while_its_partition_is_opened_is_not_served()
    {
        for (var i = 0; i < 20; i++)
        {
            var topic = (await CreateAsync("topic")).Topic!;
            var opening = Task.Run(() => _store.Store.OpenPartitionAsync(new(topic.Id, 0), new TestTurn(), default));
            await Topics.DeleteAsync("topic", default);

            Assert.True(await opening is not { IsOpen: true });
            await _store.Store.MaintainAsync();
        }
    }

    [Fact]
    public async Task A_partition_is_opened_once()
    {
        var partition = await _store.CreateAsync("topic");

        await Assert.ThrowsAsync<InvalidOperationException>(() => _store.OpenAsync("topic"));
        await _store.AppendAsync(partition, [1]);
        Assert.Equal([1], await TestStore.ReadAllAsync(partition));
    }

    [Fact]
    public async Task A_partition_that_was_closed_is_opened_again_with_all_it_had()
    {
        var partition = await _store.CreateAsync("topic");
        await _store.AppendAsync(partition, [1, 2]);

        await _store.Store.ClosePartitionAsync(partition);
        Assert.Equal(StreamError.NotHosted, (await _store.AppendAsync(partition, TestBatch.Of())).Error);

        var again = await _store.OpenAsync("topic");
        Assert.True(again.LeaderEpoch > partition.LeaderEpoch);
        await _store.AppendAsync(again, [3]);
        Assert.Equal([1, 2, 3], await TestStore.ReadAllAsync(again));
    }

    [Fact]
    public async Task A_partition_that_cannot_be_flushed_when_it_is_closed_ends_the_store_and_loses_nothing()
    {
        var partition = await _store.CreateAsync("topic");
        await _store.AppendAsync(partition, [1, 2]);
        _storage.FailAt(_storage.Operations.Count + 1, Fault.DiskFull);

        await Assert.ThrowsAsync<IOException>(() => _store.Store.ClosePartitionAsync(partition));
        await _store.Store.Failed;

        await _store.DisposeAsync();
        _store = await TestStore.OpenAsync(_storage);
        Assert.Equal([1, 2], await TestStore.ReadAllAsync(await _store.OpenAsync("topic")));
    }

    [Fact]
    public async Task A_store_that_is_closed_opens_no_partition()
    {
        await CreateAsync("topic");
        await _store.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => _store.OpenAsync("topic"));
    }

    [Fact]
    public async Task Producer_ids_are_given_once_also_after_crashes_and_lost_replies()
    {
        var ids = new HashSet<long>();
        for (var life = 0; life < 4; life++)
        {
            if (life == 2)
            {
                _storage.FailAt(_storage.Operations.Count + 1, Fault.LostReply);
                await Assert.ThrowsAsync<IOException>(() => AllocateAsync());
            }

            foreach (var id in await Task.WhenAll(Enumerable.Range(0, 1_500).Select(_ => AllocateAsync())))
            {
                Assert.True(ids.Add(id), $"Id {id} was given twice.");
            }

            await KillAsync();
        }
    }

    private static async Task<StreamError> FetchSomeAsync(PartitionHost partition, Random random)
    {
        var end = (await partition.GetStatusAsync(default)).HighWatermark;
        var reply = await TestStore.FetchAsync(partition, Math.Max(0, random.NextInt64(end + 1)), maxBytes: 500);
        using var records = reply.Records;
        return reply.Error;
    }

    private Task<TopicReply> CreateAsync(string name)
        => Topics.CreateAsync(new(name, 1, new Dictionary<string, string>()), default).AsTask();

    private Task<long> AllocateAsync() => _store.Store.ProducerIds.AllocateAsync(default).AsTask();

    private async Task<(List<TopicDescription> Topics, Dictionary<Guid, TombstoneRow> Tombstones)> ReadRowsAsync()
        => TopicRows.Decode(await _storage.Tables.QueryAsync(TopicRows.Table, TopicRows.PartitionKey, default));

    private async Task KillAsync()
    {
        _storage = await _storage.KillAsync();
        await _store.DisposeAsync();
        _store = await TestStore.OpenAsync(_storage);
    }
}
