using Microsoft.Extensions.Logging.Abstractions;
using OrleansStream.Contracts;
using OrleansStream.Engine.Hosting;
using OrleansStream.Engine.Hosting.Journals;
using OrleansStream.Engine.Hosting.Partitions;
using OrleansStream.Engine.Storage;
using OrleansStream.TestKit.Batches;

namespace OrleansStream.Engine.Tests.Hosting.Crash;

/// <summary>Works on a store that may fail at any time, and keeps account of what it promised.</summary>
/// <remarks>
/// When the store has failed it is over, and all later steps do nothing. Records are numbered through all topics. Not
/// thread-safe.
/// </remarks>
/// <param name="isDead">Whether the process is dead by now; it is over then, too.</param>
internal sealed class CrashScenario(Func<bool> isDead)
{
    // Small files and little memory, so that a few records make the journal roll.
    private static readonly EngineOptions Options = new()
    {
        MemoryBytes = 1 << 20,
        Journal = new JournalOptions { MaxBytes = 1 << 19, MaxBlockBytes = 1 << 16 },
    };

    private readonly Dictionary<string, TopicPromises> _topics = [];
    private readonly Dictionary<string, PartitionHost> _partitions = [];
    private readonly StandingClock _clock = new();
    private LogStore? _store;
    private int _lastNumber;

    public bool IsOver { get; private set; }

    public IReadOnlyCollection<string> OpenTopics => _partitions.Keys;

    /// <summary>Whether the topic was created and not deleted, as far as is known.</summary>
    public bool Exists(string name)
        => _topics.TryGetValue(name, out var topic) && topic.Id is not null && !topic.IsDeletionAsked;

    /// <summary>Opens a storage and looks whether all promises are kept.</summary>
    /// <returns>False when the storage failed meanwhile.</returns>
    public async Task<bool> OpenAsync(IStorage storage)
    {
        IsOver = false;
        _partitions.Clear();
        await StepAsync(async () =>
        {
            _store = await LogStore.OpenAsync(storage, Options, _clock, NullLoggerFactory.Instance, default);
            foreach (var topic in _topics.Values.ToArray())
            {
                await CheckAsync(topic);
            }
        });
        return !IsOver;
    }

    public Task CreateAsync(string name, params string[] configs)
        => StepAsync(async () =>
        {
            var topic = _topics[name] = new TopicPromises(name);
            var values = configs.Chunk(2).ToDictionary(pair => pair[0], pair => pair[1]);
            var reply = await _store!.Topics.CreateAsync(new(name, 1, values), default);
            Assert.Equal(StreamError.None, reply.Error);
            topic.Id = reply.Topic!.Id;
            await PartitionAsync(name);
        });

    public Task DeleteAsync(string name)
        => StepAsync(async () =>
        {
            var topic = _topics[name];
            topic.IsDeletionAsked = true;
            _partitions.Remove(name);
            Assert.Equal(StreamError.None, (await _store!.Topics.DeleteAsync(name, default)).Error);
            topic.IsDeleted = true;
        });

    /// <summary>Appends records, each of which is answered, and readable, before the next is sent.</summary>
    public async Task AppendAsync(string name, int count = 1, Acks acks = Acks.All, int paddingBytes = 0)
    {
        for (var i = 0; i < count; i++)
        {
            await StepAsync(async () =>
            {
                var (number, reply) = await SendAsync(name, acks, paddingBytes);
                var offset = Stored(await reply).BaseOffset;
                using var records = (await FetchAsync(await PartitionAsync(name), offset)).Records;
                Assert.Equal(number, TestBatch.NumberOf(records.Pieces[0].Span));
                _topics[name].Acknowledge(number, offset);
            });
        }
    }

    /// <summary>Appends records to several topics at a time, and waits for those that are to be flushed.</summary>
    public Task AppendTogetherAsync(IEnumerable<(string Name, Acks Acks)> appends)
        => StepAsync(async () =>
        {
            List<(string Name, int Number, Acks Acks, Task<AppendReply> Reply)> sent = [];
            foreach (var (name, acks) in appends)
            {
                var (number, reply) = await SendAsync(name, acks, paddingBytes: 0);
                sent.Add((name, number, acks, reply));
            }

            await Task.WhenAll(sent.Select(append => append.Reply));
            foreach (var (name, number, _, reply) in sent.Where(append => append.Acks == Acks.All))
            {
                if ((await reply).Error == StreamError.None)
                {
                    _topics[name].Acknowledge(number, (await reply).BaseOffset);
                }
            }

            foreach (var append in sent)
            {
                Stored(await append.Reply);
            }
        });

    /// <summary>Writes the tail of a topic to a segment.</summary>
    public Task FlushAsync(string name) => StepAsync(async () => await (await PartitionAsync(name)).FlushAsync());

    public Task DeleteRecordsAsync(string name, long beforeOffset)
        => StepAsync(async () =>
        {
            var topic = _topics[name];
            topic.AllowedStart = Math.Max(topic.AllowedStart, beforeOffset);
            var reply = await (await PartitionAsync(name)).DeleteRecordsAsync(beforeOffset, default);
            Assert.Equal(StreamError.None, reply.Error);
            topic.PromisedStart = reply.LogStartOffset;
        });

    /// <summary>Moves the log start somewhere up to the end of what was acknowledged.</summary>
    public Task DeleteSomeRecordsAsync(string name, Random random)
    {
        var topic = _topics[name];
        return DeleteRecordsAsync(name, random.NextInt64(topic.PromisedStart, topic.AcknowledgedEnd + 1));
    }

    /// <summary>Lets time go by and maintenance do what it does.</summary>
    public Task MaintainAsync(TimeSpan later)
        => StepAsync(async () =>
        {
            _clock.Move(later);
            await _store!.MaintainAsync();
        });

    /// <summary>From now on retention may drop what was acknowledged so far.</summary>
    public void AllowRetention(string name) => _topics[name].AllowedStart = _topics[name].AcknowledgedEnd;

    /// <summary>Closes the store in order, unless it is over.</summary>
    public Task EndAsync() => IsOver ? Task.CompletedTask : CloseAsync();

    /// <summary>Closes the store, whatever its state.</summary>
    public async Task CloseAsync()
    {
        if (_store is not null)
        {
            await _store.DisposeAsync();
            _store = null;
        }

        IsOver = true;
    }

    private async Task CheckAsync(TopicPromises topic)
    {
        var found = await _store!.Topics.FindAsync(topic.Name, default);
        Assert.True(found is not null || topic.Id is null || topic.IsDeletionAsked, $"Topic {topic.Name} is gone.");
        Assert.True(found is null || !topic.IsDeleted, $"Topic {topic.Name} is back.");
        if (found is null)
        {
            _topics.Remove(topic.Name);
            return;
        }

        Assert.Equal(topic.Id ?? found.Id, found.Id);
        topic.Id = found.Id;
        topic.IsDeletionAsked = false;
        var partition = await OpenPartitionAsync(topic);
        var status = await partition.GetStatusAsync(default);
        Assert.Equal(status.LogEndOffset, status.HighWatermark);
        topic.Check(status.LogStartOffset, status.LogEndOffset, await TestStore.ReadAllAsync(partition));
    }

    private async Task<PartitionHost> OpenPartitionAsync(TopicPromises topic)
    {
        var partition = await _store!.OpenPartitionAsync(new(topic.Id!.Value, 0), new TestTurn(), default);
        Assert.True(partition!.LeaderEpoch > topic.Epoch, $"The epoch of {topic.Name} did not grow.");
        topic.Epoch = partition.LeaderEpoch;
        _partitions[topic.Name] = partition;
        return partition;
    }

    // Opens it again where a fault kept it from being opened the first time.
    private async ValueTask<PartitionHost> PartitionAsync(string name)
        => _partitions.TryGetValue(name, out var partition) ? partition : await OpenPartitionAsync(_topics[name]);

    private async Task<(int Number, Task<AppendReply> Reply)> SendAsync(string name, Acks acks, int paddingBytes)
    {
        var partition = await PartitionAsync(name);
        var number = ++_lastNumber;
        _topics[name].Send(number);
        var batch = TestBatch.Numbered(number, paddingBytes, _clock.Now);
        return (number, partition.AppendAsync(new(batch, acks, TimeSpan.FromDays(1)), default).AsTask());
    }

    // Waits for the flush where the append did not. A store that failed would let it wait for ever.
    private async Task<FetchReply> FetchAsync(PartitionHost partition, long offset)
    {
        using var giveUp = new CancellationTokenSource();
        var fetching = partition.FetchAsync(new(offset, 1, 1, TimeSpan.FromDays(1)), giveUp.Token).AsTask();
        if (await Task.WhenAny(fetching, _store!.Failed) == _store.Failed)
        {
            await giveUp.CancelAsync();
        }

        return await fetching;
    }

    private static AppendReply Stored(AppendReply reply)
        => reply.Error switch
        {
            StreamError.None => reply,
            StreamError.StorageFailed or StreamError.NotHosted => throw new IOException(reply.Message),
            _ => throw new InvalidOperationException($"{reply.Error}: {reply.Message}"),
        };

    // A fault of the storage may end the store, or be survived; anything else fails the test.
    private async Task StepAsync(Func<Task> step)
    {
        if (IsOver)
        {
            return;
        }

        try
        {
            await step();
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            IsOver = _store is null || _store.Failed.IsCompleted || e is not IOException;
        }

        IsOver |= _store is null || _store.Failed.IsCompleted || isDead();
    }
}
