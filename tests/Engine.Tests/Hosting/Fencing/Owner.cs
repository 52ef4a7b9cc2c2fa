using OrleansStream.Contracts;
using OrleansStream.Engine.Hosting;
using OrleansStream.Engine.Storage.Memory;
using OrleansStream.TestKit.Batches;

namespace OrleansStream.Engine.Tests.Hosting.Fencing;

/// <summary>A process that opens the storage, works with it, and closes it or dies, again and again.</summary>
/// <remarks>At most two things at a time: appending, which is the journal's loop, and all else.</remarks>
internal sealed class Owner(string name, MemoryStorage shared, Steps steps, Promises promises, Random random)
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
        if (!_working.IsCompleted)
        {
            if (_appending.IsCompleted && _partitions.Count == Topics.Length)
            {
                _appending = NotifyingAsync(AppendAsync);
            }

            return;
        }

        if (_store is null)
        {
            _working = NotifyingAsync(OpenAsync);
        }
        else if (_store.Store.Failed.IsCompleted)
        {
            if (_appending.IsCompleted)
            {
                Failures++;
                _working = NotifyingAsync(CloseAsync);
            }
        }
        else if (_appending.IsCompleted && random.Next(3) > 0)
        {
            _appending = NotifyingAsync(AppendAsync);
        }
        else
        {
            BeginWork();
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

    private void BeginWork()
    {
        switch (random.Next(6))
        {
            case 0 or 1:
                var partition = _partitions[Topics[random.Next(Topics.Length)]];
                _working = NotifyingAsync(() => partition.FlushAsync());
                break;
            case 2 or 3:
                _working = NotifyingAsync(_store!.Store.MaintainAsync);
                break;
            case 4 when _appending.IsCompleted:
                _working = NotifyingAsync(CloseAsync);
                break;
        }
    }

    private async Task OpenAsync()
    {
        _storage = new SteppedStorage(Life, shared, steps) { HoldsSegmentDeletions = true };
        var store = await TestStore.OpenAsync(_storage, s_options);
        try
        {
            foreach (var topic in Topics)
            {
                _partitions[topic] = await store.OpenAsync(topic);
            }

            _storage.HoldsSegmentDeletions = false;
            _store = store;
        }
        catch
        {
            _partitions.Clear();
            await store.DisposeAsync();
            throw;
        }
    }

    private async Task CloseAsync()
    {
        var store = _store;
        _store = null;
        _partitions.Clear();
        if (store is not null)
        {
            await store.DisposeAsync();
        }
    }

    // Ends when the journal's loop has nothing more to do, also after it has answered.
    private async Task AppendAsync()
    {
        var topic = Topics[random.Next(Topics.Length)];
        var partition = _partitions[topic];
        var number = Interlocked.Increment(ref s_numbers);
        var batch = TestBatch.Numbered(number, timestamp: _store!.Now);
        var reply = await _store.AppendAsync(partition, batch);
        if (reply.Error == StreamError.None)
        {
            promises.Add(topic, reply.BaseOffset, number);
        }

        await partition.DrainAsync();
    }

    private async Task NotifyingAsync(Func<Task> work)
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
        finally
        {
            steps.Notify();
        }
    }
}
