using System.Diagnostics;
using OrleansStream.Load.Reporting;

namespace OrleansStream.Load.Workloads;

/// <summary>
/// Begins operations at a fixed rate, whether or not earlier ones are answered: a system that stalls is charged for
/// everything that was due meanwhile.
/// </summary>
internal static class OpenLoop
{
    /// <summary>More unanswered operations than this and the system does not sustain the rate.</summary>
    private const int MaxPending = 100_000;

    /// <summary>Runs operations for a time and measures each from when it was due.</summary>
    /// <param name="operation">Begins operation number n, on the one thread that keeps the pace.</param>
    /// <exception cref="WrongResultException">The rate is more than the system sustains.</exception>
    public static Task<LatencySummary> RunAsync(int perSecond, TimeSpan time, Func<int, ValueTask> operation)
    {
        var count = Math.Max(1, (int)(perSecond * time.TotalSeconds));
        return RunAsync(perSecond, i => i < count, operation);
    }

    /// <summary>The same for as long as something else takes.</summary>
    /// <exception cref="WrongResultException">The rate is more than the system sustains.</exception>
    public static Task<LatencySummary> RunBesideAsync(int perSecond, Task work, Func<int, ValueTask> operation)
        => RunAsync(perSecond, i => i == 0 || !work.IsCompleted, operation);

    private static async Task<LatencySummary> RunAsync(
        int perSecond, Func<int, bool> isDue, Func<int, ValueTask> operation)
    {
        var run = new Run();

        // A thread of its own: on the pool the pace would wait for what it measures.
        var begun = await Task.Factory.StartNew(
            () => run.Pace(perSecond, isDue, operation),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        await run.AllDone;
        WrongResultException.ThrowUnlessEqual(begun, run.Latencies.Count, "Operations answered");
        return run.Latencies.Summarize();
    }

    private sealed class Run
    {
        private readonly TaskCompletionSource _allDone = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _pending = 1; // The pace itself until it ends.

        public LatencyHistogram Latencies { get; } = new();

        public Task AllDone => _allDone.Task;

        /// <returns>How many operations were begun.</returns>
        public int Pace(int perSecond, Func<int, bool> isDue, Func<int, ValueTask> operation)
        {
            var interval = (double)Stopwatch.Frequency / perSecond;
            var start = Stopwatch.GetTimestamp();
            var begun = 0;
            for (; isDue(begun); begun++)
            {
                var due = start + (long)(begun * interval);
                SystemCalls.WaitUntil(due);
                if (Interlocked.Increment(ref _pending) > MaxPending)
                {
                    throw new WrongResultException($"{perSecond} operations a second are more than is sustained.");
                }

                _ = MeasureAsync(operation(begun), due);
            }

            End();
            return begun;
        }

        private async Task MeasureAsync(ValueTask operation, long due)
        {
            try
            {
                await operation;
                Latencies.Add(Stopwatch.GetTimestamp() - due);
            }
            catch (Exception e)
            {
                _allDone.TrySetException(e);
            }

            End();
        }

        private void End()
        {
            if (Interlocked.Decrement(ref _pending) == 0)
            {
                _allDone.TrySetResult();
            }
        }
    }
}
