using OrleansStream.Contracts;
using OrleansStream.Engine.Hosting;
using OrleansStream.Engine.Hosting.Journals;
using OrleansStream.Engine.Hosting.Partitions;
using OrleansStream.Engine.Storage.Memory;
using OrleansStream.TestKit.Batches;

namespace OrleansStream.Engine.Tests.Hosting.Fencing;

/// <summary>A process that opens the storage, works with it, and closes it or dies, again and again.</summary>
/// <remarks>At most two things at a time: appending, which is the journal's loop, and all else.</remarks>
/// <param name="neighbours">Whom it asks for partitions; null when it knows of nobody.</param>
internal sealed class Owner(
    string name, MemoryStorage shared, Steps steps, Promises promises, Random random, Neighbours? neighbours = null)
{
    public static readonly string[] Topics = ["left", "right"];

    private static readonly EngineOptions s_options = new()
    {
        Journal = new JournalOptions { MaxBlockBytes = 4_096 },
        MemoryBytes = 1 << 20,
    };

    private static int s_numbers;

    private readonly Dictionary<string, PartitionHost> _partitions = [];
    private SteppedStorage? _storage;
    private TestStore? _store;
    private Task _appending = Task.CompletedTask;
    private Task _working = Task.CompletedTask;
    private int _lives;

    /// <summary>The name of this life: what an earlier one still has on its way is not its own.</summary>
    public string Life => $"{name}{_lives}";

    /// <summary>The journal it writes; null while it has none.</summary>
    public string? Journal => _store?.Store.Journal;

    /// <summary>How often it had to give up because somebody else had taken over, or an operation failed.</summary>
    public int Failures { get; private set; }

    /// <summary>Whether it can do nothing more before one of its operations is done.</summary>
    public bool IsHeld
        => steps.Waiting.Count(step => step.Owner == Life)
            >= (_appending.IsCompleted ? 0 : 1) + (_working.IsCompleted ? 0 : 1);

    /// <summary>Whether it has nothing to do.</summary>
    public bool IsIdle => _appending.IsCompleted && _working.IsCompleted;

    /// <summary>Begins something, if it has a hand free.</summary>
    public void Begin()
    {
        if (_store is { Store.Failed.IsCompleted: true })
        {
            if (IsIdle)
            {
                Failures++;
                _working = Start(CloseAsync);
            }
        }
        else if (neighbours?.FindRequest(Journal) is { } request)
        {
            // It begins nothing else before it has answered.
            if (IsIdle)
            {
                neighbours.Remove(request);
                _working = Start(() => ReleaseAsync(request));
            }
        }
        else if (_appending.IsCompleted && _partitions.Count > 0 && random.Next(3) > 0)
        {
            _appending = Start(AppendAsync);
        }
        else if (_working.IsCompleted)
        {
            _working = Start(HasAll ? ChooseWork() : OpenAsync);
        }
    }

    /// <summary>It dies where it stands. What it has on its way does not arrive.</summary>
    public async Task KillAsync()
    {
        steps.Kill(Life);
        await Task.WhenAll(_appending, _working);
        await CloseAsync();
        _lives++;
    }

    private bool HasAll => Topics.All(topic => _partitions.TryGetValue(topic, out var partition) && partition.IsOpen);

    private Func<Task> ChooseWork()
    {
        var topic = Topics[random.Next(Topics.Length)];
        var partition = _partitions[topic];
        return random.Next(8) switch
        {
            0 or 1 or 2 => partition.FlushAsync,
            3 when _appending.IsCompleted => () => ReleaseAsync(topic),
            4 when _appending.IsCompleted => CloseAsync,
            _ => _store!.Store.MaintainAsync,
        };
    }

    private async Task OpenAsync()
    {
        _storage ??= new SteppedStorage(Life, shared, steps);
        _storage.HoldsSegmentDeletions = true;
        _store ??= await TestStore.OpenAsync(_storage, s_options, owners: neighbours?.Of(Life));
        foreach (var topic in Topics.Where(topic => !_partitions.TryGetValue(topic, out var held) || !held.IsOpen))
        {
            _partitions[topic] = await _store.OpenAsync(topic);

            // It takes in its history and sweeps by itself, before all other work.
            await _partitions[topic].FlushAsync();
        }

        _storage.HoldsSegmentDeletions = false;
    }

    // So that another could take it; this one does so itself.
    private async Task ReleaseAsync(string topic)
    {
        _partitions.Remove(topic, out var partition);
        await _store!.Store.ClosePartitionAsync(partition!);
        await OpenAsync();
    }

    private async Task ReleaseAsync(ReleaseRequest request)
        => request.Answer(await _store!.Store.TryReleaseAsync(request.Journal, request.Partition, default));

    private async Task CloseAsync()
    {
        var store = _store;
        (_store, _storage) = (null, null);
        _partitions.Clear();
        if (store is not null)
        {
            await store.DisposeAsync();
        }
    }

    // Ends when the journal's loop has nothing more to do, also after it has answered.
    private async Task AppendAsync()
    {
        var (topic, partition) = _partitions.ElementAt(random.Next(_partitions.Count));
        var number = Interlocked.Increment(ref s_numbers);
        var batch = TestBatch.Numbered(number, timestamp: _store!.Now);
        var reply = await _store.AppendAsync(partition, batch);
        if (reply.Error == StreamError.None)
        {
            promises.Add(topic, reply.BaseOffset, number);
        }

        await partition.DrainAsync();
    }

    private Task Start(Func<Task> work)
    {
        var running = RunAsync(work);
        _ = NotifyAfterAsync(running);
        return running;
    }

    private static async Task RunAsync(Func<Task> work)
    {
        try
        {
            await Task.Yield();
            await work();
        }
        catch (IOException)
        {
            // A step failed, or somebody else owns the storage now. What follows from that the store itself says.
        }
    }

    // Whoever is woken looks at the task, which must have completed by then.
    private async Task NotifyAfterAsync(Task running)
    {
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        steps.Notify();
    }
}
