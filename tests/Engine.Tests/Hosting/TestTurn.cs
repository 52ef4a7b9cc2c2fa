using OrleansStream.Engine.Hosting;

namespace OrleansStream.Engine.Tests.Hosting;

/// <summary>A turn as in process: one lock.</summary>
internal sealed class TestTurn : ITurn
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
