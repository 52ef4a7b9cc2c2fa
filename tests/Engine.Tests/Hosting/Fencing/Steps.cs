namespace OrleansStream.Engine.Tests.Hosting.Fencing;

/// <summary>What becomes of an operation on a storage.</summary>
internal enum Fate
{
    Done,

    /// <summary>It never arrives.</summary>
    Lost,

    /// <summary>It is done, but the caller is told that it failed.</summary>
    ReplyLost,
}

/// <summary>An operation that waits to be done.</summary>
internal sealed class Step(string owner, string name)
{
    private readonly TaskCompletionSource<Fate> _fate = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Owner => owner;

    public string Name => name;

    public Task<Fate> Fate => _fate.Task;

    public void Go(Fate fate) => _fate.SetResult(fate);
}

/// <summary>Holds every operation of every owner until it is told which one to let go next.</summary>
/// <remarks>
/// An owner does nothing between two operations but compute. So when each task of an owner has either ended or waits in
/// an operation, nothing happens by itself, and the order of all that does is the order in which steps are let go.
/// </remarks>
internal sealed class Steps
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    private readonly Lock _lock = new();
    private readonly List<Step> _waiting = [];
    private readonly HashSet<string> _dead = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The operations that wait, in an order that does not depend on which of them came first.</summary>
    public IReadOnlyList<Step> Waiting
    {
        get
        {
            lock (_lock)
            {
                return [.. _waiting.OrderBy(step => step.Owner).ThenBy(step => step.Name)];
            }
        }
    }

    /// <summary>Does an operation when it is its turn.</summary>
    public async ValueTask<T> RunAsync<T>(string owner, string name, Func<ValueTask<T>> operation)
    {
        var step = new Step(owner, name);
        lock (_lock)
        {
            ThrowIfDead(owner);
            _waiting.Add(step);
        }

        Notify();
        var fate = await step.Fate;
        if (fate != Fate.Lost)
        {
            var result = await operation();
            return fate == Fate.Done ? result : throw new IOException($"{owner}: the reply to '{name}' is lost.");
        }

        throw new IOException($"{owner}: '{name}' is lost.");
    }

    public void Go(Step step, Fate fate)
    {
        lock (_lock)
        {
            _waiting.Remove(step);
        }

        step.Go(fate);
    }

    /// <summary>From now on nothing of this owner arrives.</summary>
    public void Kill(string owner)
    {
        lock (_lock)
        {
            _dead.Add(owner);
        }

        foreach (var step in Waiting.Where(step => step.Owner == owner))
        {
            Go(step, Fate.Lost);
        }
    }

    /// <summary>Something has changed that <see cref="WhenAsync"/> may wait for.</summary>
    public void Notify()
    {
        lock (_lock)
        {
            _changed.TrySetResult();
        }
    }

    /// <summary>Waits until something holds.</summary>
    public async Task WhenAsync(Func<bool> condition)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                changed = _changed.Task;
            }

            if (condition())
            {
                return;
            }

            await changed.WaitAsync(s_patience);
        }
    }

    private void ThrowIfDead(string owner)
    {
        if (_dead.Contains(owner))
        {
            throw new IOException($"{owner} is dead.");
        }
    }
}
