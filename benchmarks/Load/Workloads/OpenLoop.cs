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
    public static async Task<LatencySummary> RunAsync(int perSecond, TimeSpan time, Func<int, ValueTask> operation)
    {
        var count = Math.Max(1, (int)(perSecond * time.TotalSeconds));
        var run = new Run(count);

        // A thread of its own: on the pool the pace would wait for what it measures.
        await Task.Factory.StartNew(
            () => run.Pace(perSecond, operation),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        await run.AllDone;
        WrongResultException.ThrowUnlessEqual(count, run.Latencies.Count, "Operations answered");
        return run.Latencies.Summarize();
    }

    private sealed class Run(int count)
    {
        private readonly TaskCompletionSource _allDone = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _answered;

        public LatencyHistogram Latencies { get; } = new();

        public Task AllDone => _allDone.Task;

        public void Pace(int perSecond, Func<int, ValueTask> operation)
        {
            var interval = (double)Stopwatch.Frequency / perSecond;
            var start = Stopwatch.GetTimestamp();
            for (var i = 0; i < count; i++)
            {
                var due = start + (long)(i * interval);
                SystemCalls.WaitUntil(due);
                if (i - Volatile.Read(ref _answered) > MaxPending)
                {
                    throw new WrongResultException($"{perSecond} operations a second are more than is sustained.");
                }

                _ = MeasureAsync(operation(i), due);
            }
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

            if (Interlocked.Increment(ref _answered) == count)
            {
                _allDone.TrySetResult();
            }
        }
    }
}
