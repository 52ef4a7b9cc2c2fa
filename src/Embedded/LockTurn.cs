using OrleansStream.Engine.Hosting;

namespace OrleansStream.Embedded;

/// <summary>The turn of an object hosted in process: one short lock.</summary>
internal sealed class LockTurn : ITurn
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
