namespace OrleansStream.Engine.Hosting;

/// <summary>
/// Runs work on an object one piece at a time: a lock where the object is hosted in process, a grain's turn in Orleans.
/// </summary>
public interface ITurn
{
    /// <summary>Runs a synchronous piece of work to its end with no other in between.</summary>
    /// <param name="state">Handed to the work, so that it need not capture anything.</param>
    ValueTask<TResult> RunAsync<TState, TResult>(TState state, Func<TState, TResult> work);
}
