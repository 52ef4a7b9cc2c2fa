namespace OrleansStream.Engine.Hosting;

/// <summary>
/// Runs work on an object one piece at a time: a lock where the object is hosted in process, a grain's turn in Orleans.
/// </summary>
public interface ITurn
{
    /// <summary>Runs a synchronous piece of work to its end with no other in between.</summary>
    /// <param name="state">Handed to the work, so that it need not capture anything.</param>
    ValueTask<TResult> RunAsync<TState, TResult>(TState state, Func<TState, TResult> work);

    /// <summary>
    /// Begins a turn on this thread, to be ended by <see cref="Exit"/> before anything is awaited: for work whose state
    /// is too large to be handed on. False where a turn can only be waited for.
    /// </summary>
    bool TryEnter();

    /// <summary>Ends the turn that <see cref="TryEnter"/> began.</summary>
    void Exit();
}
