using OrleansStream.Engine.Hosting;

namespace OrleansStream.Grains;

/// <summary>
/// The turn of an object hosted by a grain: what the grain's own scheduler runs, one piece at a time.
/// </summary>
/// <remarks>Work asked for in the grain's turn is done on the spot; from anywhere else it is posted.</remarks>
internal sealed class GrainTurn : ITurn
{
    private readonly TaskScheduler _scheduler;

    private GrainTurn(TaskScheduler scheduler) => _scheduler = scheduler;

    /// <summary>The turn of the grain that asks.</summary>
    public static GrainTurn OfCurrentGrain() => new(TaskScheduler.Current);

    public ValueTask<TResult> RunAsync<TState, TResult>(TState state, Func<TState, TResult> work)
        => TaskScheduler.Current == _scheduler ? new(work(state)) : new(PostAsync(state, work));

    public bool TryEnter() => TaskScheduler.Current == _scheduler;

    public void Exit()
    {
        // The grain's scheduler ends the turn when its work does.
    }

    // Apart from RunAsync, so that work done on the spot does not pay for what the lambda captures.
    private Task<TResult> PostAsync<TState, TResult>(TState state, Func<TState, TResult> work)
        => Task.Factory.StartNew(() => work(state), CancellationToken.None, TaskCreationOptions.None, _scheduler);
}
