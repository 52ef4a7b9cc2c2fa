using OrleansStream.Contracts;
using OrleansStream.Engine.Hosting.Journals;
using OrleansStream.Engine.Hosting.Partitions;
using OrleansStream.Engine.Storage.Memory;
using OrleansStream.Engine.Tests.Hosting.Fencing;
using OrleansStream.TestKit;
using OrleansStream.TestKit.Batches;

namespace OrleansStream.Engine.Tests.Hosting;

/// <summary>Two stores beside each other on one storage: partitions go from one to the other, one at a time.</summary>
public sealed class HandoverTests : IAsyncLifetime
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromMinutes(1);

    private readonly MemoryStorage _storage = new();
    private readonly Directory _stores = new();
    private TestStore _first = null!; // Set by InitializeAsync.

    public async Task InitializeAsync()
    {
        _first = await OpenAsync();
        await _first.CreateAsync("moved");
        await _first.CreateAsync("kept");
        await _first.DisposeAsync();
        _first = await OpenAsync();
    }

    public async Task DisposeAsync()
    {
        foreach (var store in _stores.All)
        {
            await store.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_partition_that_is_asked_for_changes_hands_and_the_others_go_on()
    {
        var (moved, kept) = (await _first.OpenAsync("moved"), await _first.OpenAsync("kept"));
        await _first.AppendAsync(moved, [1, 2]);
        await _first.AppendAsync(kept, [1]);
        var second = await OpenAsync();

        var taken = await second.OpenAsync("moved");

        Assert.Equal(StreamError.NotHosted, (await _first.AppendAsync(moved, TestBatch.Of())).Error);
        Assert.True(taken.LeaderEpoch > moved.LeaderEpoch);
        await second.AppendAsync(taken, [3]);
        await _first.AppendAsync(kept, [2]);
        Assert.Equal([1, 2, 3], await TestStore.ReadAllAsync(taken));
        Assert.Equal([1, 2], await TestStore.ReadAllAsync(kept));
        Assert.False(_first.Store.Failed.IsCompleted);
        Assert.Equal([_first.Store.Journal, second.Store.Journal], await JournalsAsync());
    }

    [Fact]
    public async Task A_partition_comes_back_with_what_the_other_store_appended()
    {
        var partition = await _first.OpenAsync("moved");
        await _first.AppendAsync(partition, [1]);
        var second = await OpenAsync();
        await second.AppendAsync(await second.OpenAsync("moved"), [2]);

        var back = await _first.OpenAsync("moved");

        await _first.AppendAsync(back, [3]);
        Assert.Equal([1, 2, 3], await TestStore.ReadAllAsync(back));

        // What the first store's journal has of its first time is not taken for something new.
        _stores.Forget(_first);
        var third = await OpenAsync();
        Assert.Equal([1, 2, 3], await TestStore.ReadAllAsync(await third.OpenAsync("moved")));
    }

    [Fact]
    public async Task A_retry_is_known_for_one_after_the_partition_has_moved()
    {
        var partition = await _first.OpenAsync("moved");
        var batch = TestBatch.Of(producerId: 7, producerEpoch: 0, baseSequence: 0);
        var reply = await _first.AppendAsync(partition, batch);
        var second = await OpenAsync();

        var again = await second.AppendAsync(await second.OpenAsync("moved"), batch);

        Assert.Equal((StreamError.None, reply.BaseOffset), (again.Error, again.BaseOffset));
    }

    [Fact]
    public async Task An_owner_that_does_not_answer_in_time_loses_its_journal_and_nothing_of_what_it_acknowledged()
    {
        var (moved, kept) = (await _first.OpenAsync("moved"), await _first.OpenAsync("kept"));
        await _first.AppendAsync(moved, [1, 2]);
        await _first.AppendAsync(kept, [1]);
        var clock = new ManualTimeProvider();
        var second = await OpenAsync(clock);
        _stores.Hold(_first);
        var opening = second.OpenAsync("moved");
        await _stores.WhenAskedAsync().WaitAsync(s_timeout);
        Assert.False(opening.IsCompleted);

        clock.Advance(PartitionTakeover.Patience);

        var taken = await opening.WaitAsync(s_timeout);
        Assert.Equal([1, 2], await TestStore.ReadAllAsync(taken));
        Assert.Equal(StreamError.StorageFailed, (await _first.AppendAsync(kept, TestBatch.Of())).Error);
        Assert.True(_first.Store.Failed.IsCompleted);
        Assert.Equal([1], await TestStore.ReadAllAsync(await second.OpenAsync("kept")));
        Assert.Equal([second.Store.Journal], await JournalsAsync());
    }

    [Fact]
    public async Task Taking_a_journal_from_its_owner_leaves_alone_what_others_have_of_its_partitions_by_now()
    {
        var kept = await _first.OpenAsync("kept");
        await _first.AppendAsync(kept, [1]);
        await _first.AppendAsync(await _first.OpenAsync("moved"), [1]);
        var second = await OpenAsync();
        var theirs = await second.OpenAsync("kept");
        await second.AppendAsync(theirs, [2]);
        var third = await OpenAsync();
        _stores.Forget(_first);

        Assert.Equal([1], await TestStore.ReadAllAsync(await third.OpenAsync("moved")));

        await second.AppendAsync(theirs, [3]);
        await theirs.FlushAsync();
        Assert.Equal([1, 2, 3], await TestStore.ReadAllAsync(theirs));
        Assert.False(second.Store.Failed.IsCompleted);
    }

    [Fact]
    public async Task Whoever_is_closing_is_waited_for()
    {
        var partition = await _first.OpenAsync("moved");
        await _first.AppendAsync(partition, [1]);
        var second = await OpenAsync();
        var closing = _first.DisposeAsync().AsTask();

        var released = await _first.Store.TryReleaseAsync(_first.Store.Journal, partition.Id, default);

        Assert.True(closing.IsCompleted);
        Assert.True(released);
        Assert.Equal([1], await TestStore.ReadAllAsync(await second.OpenAsync("moved")));
    }

    [Fact]
    public async Task Two_who_ask_at_once_and_a_host_that_closes_do_not_get_in_each_others_way()
    {
        var partition = await _first.OpenAsync("moved");
        await _first.AppendAsync(partition, [1]);

        var journal = _first.Store.Journal;
        var asked = await Task.WhenAll(
            _first.Store.TryReleaseAsync(journal, partition.Id, default),
            _first.Store.TryReleaseAsync(journal, partition.Id, default));
        await _first.Store.ClosePartitionAsync(partition);

        Assert.Equal([true, true], asked);
        Assert.False(await _first.Store.TryReleaseAsync("0000000009-of-somebody-else", partition.Id, default));
        Assert.Equal([1], await TestStore.ReadAllAsync(await _first.OpenAsync("moved")));
    }

    // No steps here: whatever the threads do. Producers append to whichever store has their partition, while it goes to
    // and fro.
    [Fact]
    public async Task Nothing_is_lost_or_stored_twice_while_partitions_go_to_and_fro_under_load()
    {
        const int moves = 50;
        var promises = new Promises();
        var second = await OpenAsync();
        using var stopping = new CancellationTokenSource();
        var current = await _first.OpenAsync("moved");
        var owner = _first;
        var numbers = 0;
        var producers = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            while (!stopping.IsCancellationRequested)
            {
                var number = Interlocked.Increment(ref numbers);
                var partition = Volatile.Read(ref current);
                var request = new AppendRequest(
                    TestBatch.Numbered(number, timestamp: _first.Now), Acks.All, TestStore.Timeout);
                var reply = await partition.AppendAsync(request, default);
                if (reply.Error == StreamError.None)
                {
                    promises.Add("moved", reply.BaseOffset, number);
                }
            }
        })).ToArray();

        for (var move = 0; move < moves; move++)
        {
            await promises.WhenAddedAsync().WaitAsync(s_timeout);
            owner = owner == _first ? second : _first;
            Volatile.Write(ref current, await owner.OpenAsync("moved").WaitAsync(s_timeout));
        }

        await stopping.CancelAsync();
        await Task.WhenAll(producers).WaitAsync(s_timeout);
        Assert.False(_first.Store.Failed.IsCompleted);
        Assert.False(second.Store.Failed.IsCompleted);
        await promises.CheckAsync("moved", current);
    }

    private async Task<TestStore> OpenAsync(TimeProvider? clock = null)
    {
        var storage = new SteppedStorage("", _storage, steps: null);
        var store = await TestStore.OpenAsync(storage, time: clock, owners: _stores);
        _stores.Add(store);
        return store;
    }

    private async Task<IEnumerable<string>> JournalsAsync()
        => (await _storage.Tables.QueryAsync(JournalRows.Table, JournalRows.PartitionKey, default))
            .Select(row => row.RowKey);

    /// <summary>Every store knows every other one, unless told otherwise.</summary>
    private sealed class Directory : IJournalOwners
    {
        private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly List<TestStore> _forgotten = [];
        private TestStore? _held;

        public List<TestStore> All { get; } = [];

        public void Add(TestStore store) => All.Add(store);

        /// <summary>It is no longer at work, as far as others know, and cannot be asked.</summary>
        public void Forget(TestStore store) => _forgotten.Add(store);

        /// <summary>From now on it does not answer.</summary>
        public void Hold(TestStore store) => _held = store;

        public Task WhenAskedAsync() => _asked.Task;

        public async ValueTask<bool> IsAtWorkAsync(string journal, CancellationToken cancellationToken)
            => Find(journal) is not null;

        public async ValueTask<bool> TryReleaseAsync(
            string journal, PartitionId partition, CancellationToken cancellationToken)
        {
            var store = Find(journal);
            if (store is not null && store == _held)
            {
                _asked.TrySetResult();
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            }

            return store is not null
                && await store.Store.TryReleaseAsync(journal, partition, cancellationToken);
        }

        private TestStore? Find(string journal)
            => All.Except(_forgotten).FirstOrDefault(store => store.Store.Journal == journal);
    }
}
