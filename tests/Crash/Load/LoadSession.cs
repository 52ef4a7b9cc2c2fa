namespace OrleansStream.Crash.Load;

/// <summary>Everything that producers and changes do to one silo until it is gone.</summary>
internal sealed class LoadSession
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);

    private readonly int _awaitedBatches;
    private readonly TaskCompletionSource _enough = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _changing;
    private readonly Task _work;
    private int _batches;
    private int _records;

    /// <param name="awaitedBatches">How many acknowledged batches are enough.</param>
    public LoadSession(string address, IEnumerable<Producer> producers, TopicChanges changes, int awaitedBatches)
    {
        _awaitedBatches = awaitedBatches;
        if (awaitedBatches == 0)
        {
            _enough.SetResult();
        }

        _changing = changes.RunAsync(address);
        _work = Task.WhenAll([.. producers.Select(producer => producer.RunAsync(address, Count)), _changing]);
    }

    /// <summary>How many records were acknowledged.</summary>
    public int Records => _records;

    /// <summary>Waits until enough batches are acknowledged.</summary>
    /// <exception cref="ViolationException">They never were, or something else is wrong.</exception>
    public Task EnoughAsync()
        => WaitAsync(
            Task.WhenAny(_enough.Task, _work).Unwrap(),
            () => $"Only {_batches} of {_awaitedBatches} batches are acknowledged after {s_patience}.");

    /// <summary>Waits until the last change is answered.</summary>
    /// <exception cref="ViolationException">It never was, or an answer was wrong.</exception>
    public Task ChangedAsync()
        => WaitAsync(_changing, () => $"A change of a topic is not answered after {s_patience}.");

    /// <summary>Waits until all have noticed that the silo is gone.</summary>
    /// <exception cref="ViolationException">An answer was wrong.</exception>
    public Task EndedAsync()
        => WaitAsync(_work, () => $"Connections are still open {s_patience} after the silo is gone.");

    private static async Task WaitAsync(Task task, Func<string> describe)
    {
        try
        {
            await task.WaitAsync(s_patience);
        }
        catch (TimeoutException)
        {
            throw new ViolationException(describe());
        }
    }

    private void Count(int records)
    {
        Interlocked.Add(ref _records, records);
        if (Interlocked.Increment(ref _batches) == _awaitedBatches)
        {
            _enough.SetResult();
        }
    }
}
