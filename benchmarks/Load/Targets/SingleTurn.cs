using OrleansStream.Engine.Hosting;

namespace OrleansStream.Load.Targets;

/// <summary>The turn of a partition that is opened without a cluster: one lock.</summary>
internal sealed class SingleTurn : ITurn
{
    private readonly Lock _lock = new();

    public ValueTask<TResult> RunAsync<TState, TResult>(TState state, Func<TState, TResult> work)
    {
        lock (_lock)
        {
            return new(work(state));
        }
    }

    public bool TryEnter()
    {
        _lock.Enter();
        return true;
    }

    public void Exit() => _lock.Exit();
}
