using Microsoft.Extensions.Logging.Abstractions;
using OrleansStream.Contracts;
using OrleansStream.Engine.Hosting;
using OrleansStream.Engine.Storage;
using OrleansStream.Engine.Storage.Local;
using OrleansStream.TestKit.Batches;
using OrleansStream.TestKit.Storage;

namespace OrleansStream.Embedded.Tests;

public sealed class LocalClusterTests
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(1);

    private readonly FaultyStorage _storage = new(seed: 1);

    [Theory]
    [InlineData(Acks.Leader)]
    [InlineData(Acks.All)]
    public async Task What_was_appended_to_a_directory_is_there_after_a_restart(Acks acks)
    {
        using var directory = new TemporaryDirectory();
        PartitionId id;
        await using (var cluster = await LocalCluster.OpenAsync(directory.Path))
        {
            id = await CreateAsync(cluster, "topic");
            await AppendAsync(cluster.GetPartition(id), [1, 2, 3], acks);
        }

        await using var reopened = await LocalCluster.OpenAsync(directory.Path);
        await AppendAsync(reopened.GetPartition(id), [4], acks);
        Assert.Equal([1, 2, 3, 4], await ReadAsync(reopened.GetPartition(id), count: 4));
    }

    [Fact]
    public async Task A_directory_is_used_by_one_cluster()
    {
        using var directory = new TemporaryDirectory();
        await using var cluster = await LocalCluster.OpenAsync(directory.Path);

        await Assert.ThrowsAnyAsync<IOException>(() => LocalCluster.OpenAsync(directory.Path));
    }

    [Fact]
    public async Task The_cluster_keeps_its_identity()
    {
        var cluster = await OpenAsync();
        var before = await cluster.DescribeAsync(default);
        await cluster.DisposeAsync();
        await using var reopened = await OpenAsync();
        var after = await reopened.DescribeAsync(default);

        Assert.Equal((before.ClusterId, before.NodeId), (after.ClusterId, after.NodeId));
        Assert.Equal(22, after.ClusterId.Length);
        Assert.Equal(after.NodeId, Assert.Single(after.Nodes).Id);
    }

    [Fact]
    public async Task All_partitions_of_a_topic_are_located_here()
    {
        await using var cluster = await OpenAsync();
        var id = await CreateAsync(cluster, "topic", partitionCount: 3);

        Assert.Equal(
            [new(0, LocalCluster.NodeId, 0), new(1, LocalCluster.NodeId, 0), new(2, LocalCluster.NodeId, 0)],
            await cluster.LocateAsync(id.TopicId, default));
        Assert.Empty(await cluster.LocateAsync(Guid.NewGuid(), default));
    }

    [Fact]
    public async Task A_partition_that_does_not_exist_says_so()
    {
        await using var cluster = await OpenAsync();
        var id = await CreateAsync(cluster, "topic");

        foreach (var unknown in new[] { id with { Partition = 1 }, id with { Partition = -1 }, new(Guid.NewGuid(), 0) })
        {
            var partition = cluster.GetPartition(unknown);
            Assert.Equal(StreamError.UnknownTopicOrPartition, (await TryAppendAsync(partition, TestBatch.Of())).Error);
            Assert.Equal(StreamError.UnknownTopicOrPartition, (await partition.GetStatusAsync(default)).Error);
        }
    }

    [Fact]
    public async Task A_handle_of_a_deleted_topic_does_not_lead_to_the_one_created_again()
    {
        await using var cluster = await OpenAsync();
        var before = cluster.GetPartition(await CreateAsync(cluster, "topic"));
        await AppendAsync(before, [1]);
        await cluster.Topics.DeleteAsync("topic", default);
        var after = cluster.GetPartition(await CreateAsync(cluster, "topic"));
        await AppendAsync(after, [2]);

        Assert.Equal(StreamError.UnknownTopicOrPartition, (await TryAppendAsync(before, TestBatch.Of())).Error);
        Assert.Equal([2], await ReadAsync(after, count: 1));
    }

    [Fact]
    public async Task When_the_storage_fails_it_is_opened_anew_and_handles_stay_valid()
    {
        await using var cluster = await OpenAsync();
        var partition = cluster.GetPartition(await CreateAsync(cluster, "topic"));
        await AppendAsync(partition, [1]);
        _storage.FailAt(_storage.Operations.Count + 1, Fault.Error);

        Assert.Equal(StreamError.StorageFailed, (await TryAppendAsync(partition, TestBatch.Numbered(2))).Error);
        await AppendUntilStoredAsync(partition, TestBatch.Numbered(3));

        var numbers = await ReadAsync(partition, count: 2);
        Assert.Equal([1, 3], numbers.Where(number => number != 2));
    }

    [Fact]
    public async Task While_the_storage_is_opened_anew_callers_are_told_to_retry_and_topics_are_known()
    {
        var gate = new TaskCompletionSource<IStorage>();
        await using var cluster = await OpenAsync(Task.FromResult<IStorage>(_storage), gate.Task);
        var id = await CreateAsync(cluster, "topic");
        var partition = cluster.GetPartition(id);
        _storage.FailAt(_storage.Operations.Count + 1, Fault.LostReply);

        var reply = await cluster.Topics.CreateAsync(Request("other"), default);
        Assert.Equal(StreamError.StorageFailed, reply.Error);
        StreamError error;
        while ((error = (await TryAppendAsync(partition, TestBatch.Numbered(1))).Error) == StreamError.None)
        {
            await Task.Yield();
        }

        Assert.Equal(StreamError.NotHosted, error);
        Assert.Equal(id.TopicId, (await cluster.Topics.FindAsync("topic", default))!.Id);
        await Assert.ThrowsAsync<IOException>(() => cluster.ProducerIds.AllocateAsync(default).AsTask());

        gate.SetResult(_storage);
        await AppendUntilStoredAsync(partition, TestBatch.Numbered(2));
        Assert.NotNull(await cluster.Topics.FindAsync("other", default));
    }

    [Fact]
    public async Task A_cluster_can_be_disposed_while_its_storage_is_opened_anew()
    {
        var isAsked = new TaskCompletionSource();
        var openings = 0;
        var cluster = await LocalCluster.OpenAsync(
            async token =>
            {
                if (openings++ > 0)
                {
                    isAsked.SetResult();
                    await Task.Delay(System.Threading.Timeout.InfiniteTimeSpan, TimeProvider.System, token);
                }

                return _storage;
            },
            new EngineOptions(), NullLoggerFactory.Instance, TimeProvider.System, default);
        _storage.FailAt(_storage.Operations.Count + 1, Fault.Error);
        await cluster.Topics.CreateAsync(Request("topic"), default);

        await isAsked.Task;
        await cluster.DisposeAsync();

        Assert.Equal(StreamError.NotHosted, (await cluster.Topics.CreateAsync(Request("topic"), default)).Error);
    }

    [Fact]
    public async Task A_disposed_cluster_refuses_and_can_be_disposed_again()
    {
        var cluster = await OpenAsync();
        var partition = cluster.GetPartition(await CreateAsync(cluster, "topic"));
        var waiting = partition.FetchAsync(new(0, 1, 1, Timeout), default).AsTask();

        await cluster.DisposeAsync();
        await cluster.DisposeAsync();

        Assert.Equal(StreamError.NotHosted, (await waiting).Error);
        Assert.Equal(StreamError.NotHosted, (await TryAppendAsync(partition, TestBatch.Of())).Error);
        Assert.Equal(StreamError.NotHosted, (await partition.DeleteRecordsAsync(-1, default)).Error);
        await Assert.ThrowsAsync<IOException>(() => cluster.ProducerIds.AllocateAsync(default).AsTask());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public async Task A_storage_that_fails_while_it_is_opened_is_given_back(int operation)
    {
        await using (var cluster = await OpenAsync())
        {
            await CreateAsync(cluster, "topic");
        }

        var disposable = new DisposalCounter(_storage);
        _storage.FailAt(_storage.Operations.Count + operation, Fault.Error);

        // Three writes open the store and its one partition; sweeping, which comes by itself, may fail.
        if (operation <= 3)
        {
            await Assert.ThrowsAnyAsync<IOException>(() => OpenAsync(Task.FromResult<IStorage>(disposable)));
        }
        else
        {
            await (await OpenAsync(Task.FromResult<IStorage>(disposable))).DisposeAsync();
        }

        Assert.Equal(1, disposable.Disposals);
    }

    [Fact]
    public async Task A_damaged_partition_keeps_no_other_from_being_served()
    {
        using var directory = new TemporaryDirectory();
        PartitionId damaged, healthy;
        await using (var cluster = await LocalCluster.OpenAsync(directory.Path))
        {
            (damaged, healthy) = (await CreateAsync(cluster, "damaged"), await CreateAsync(cluster, "healthy"));
            await AppendAsync(cluster.GetPartition(damaged), [1]);
            await AppendAsync(cluster.GetPartition(healthy), [2]);
        }

        await DamageSegmentAsync(directory.Path, damaged);
        await using var reopened = await LocalCluster.OpenAsync(directory.Path);

        Assert.Equal([2], await ReadAsync(reopened.GetPartition(healthy), count: 1));
        var refused = await TryAppendAsync(reopened.GetPartition(damaged), TestBatch.Of());
        Assert.Equal(StreamError.StorageFailed, refused.Error);
        Assert.Equal(-1, Assert.Single(await reopened.LocateAsync(damaged.TopicId, default)).NodeId);
    }

    private static async Task DamageSegmentAsync(string directory, PartitionId partition)
    {
        await using var storage = await LocalStorage.OpenAsync(directory, JournalSync.Always, default);
        var name = Assert.Single(await storage.Segments.ListAsync(partition, default));
        await storage.Segments.DeleteAsync(partition, name, default);
        await using var writer = await storage.Segments.CreateAsync(partition, name, default);
        await writer.WriteAsync(new byte[100], default);
        await writer.CommitAsync(default);
    }

    private static CreateTopicRequest Request(string name, int partitionCount = 1)
        => new(name, partitionCount, new Dictionary<string, string>());

    private static async Task<PartitionId> CreateAsync(LocalCluster cluster, string name, int partitionCount = 1)
    {
        var reply = await cluster.Topics.CreateAsync(Request(name, partitionCount), default);
        Assert.Equal((StreamError.None, null), (reply.Error, reply.Message));
        return new(reply.Topic!.Id, 0);
    }

    private static ValueTask<AppendReply> TryAppendAsync(IPartition partition, byte[] batch, Acks acks = Acks.All)
        => partition.AppendAsync(new(batch, acks, Timeout), default);

    private static async Task AppendAsync(IPartition partition, int[] numbers, Acks acks = Acks.All)
    {
        foreach (var number in numbers)
        {
            var reply = await TryAppendAsync(partition, Numbered(number), acks);
            Assert.Equal((StreamError.None, null), (reply.Error, reply.Message));
        }
    }

    private static async Task AppendUntilStoredAsync(IPartition partition, byte[] batch)
    {
        while ((await TryAppendAsync(partition, batch)).Error is StreamError.StorageFailed or StreamError.NotHosted)
        {
            await Task.Yield();
        }
    }

    // Waits for the records, as those that were not to be flushed may be on their way.
    private static async Task<List<int>> ReadAsync(IPartition partition, int count)
    {
        List<int> numbers = [];
        for (var offset = 0L; numbers.Count < count;)
        {
            var reply = await partition.FetchAsync(new(offset, 1 << 20, 1, Timeout), default);
            Assert.Equal(StreamError.None, reply.Error);
            using var records = reply.Records;
            Assert.NotEqual(0, records.LengthBytes);
            foreach (var batch in records.Pieces.SelectMany(TestBatch.Split))
            {
                numbers.Add(TestBatch.NumberOf(batch.Span));
                offset = TestBatch.HeaderOf(batch.Span).NextOffset;
            }
        }

        return numbers;
    }

    private static byte[] Numbered(int number)
        => TestBatch.Numbered(number, timestamp: TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds());

    // Opens these storages one after another; the first one of the test when there are none.
    private Task<LocalCluster> OpenAsync(params Task<IStorage>[] storages)
    {
        var opened = 0;
        return LocalCluster.OpenAsync(
            _ => opened < storages.Length ? storages[opened++] : Task.FromResult<IStorage>(_storage),
            new EngineOptions(), NullLoggerFactory.Instance, TimeProvider.System, default);
    }

    private sealed class DisposalCounter(IStorage storage) : IStorage
    {
        public int Disposals { get; private set; }

        public ISegmentStore Segments => storage.Segments;

        public IJournalStore Journals => storage.Journals;

        public ITableStore Tables => storage.Tables;

        public ValueTask DisposeAsync()
        {
            Disposals++;
            return storage.DisposeAsync();
        }
    }
}
