using System.Diagnostics;

namespace OrleansStream.Load.Workloads;

/// <summary>How much was done, and in which time.</summary>
internal readonly record struct Throughput(long Count, TimeSpan Elapsed)
{
    public double PerSecond => Count / Elapsed.TotalSeconds;
}

/// <summary>Tells workers when their time is over. A read is as cheap as that of a field.</summary>
internal sealed class Deadline
{
    private volatile bool _isOver;

    public bool IsOver => _isOver;

    public void End() => _isOver = true;
}

/// <summary>
/// Workers that each begin the next operation when the last is answered; for throughput, never for latency.
/// </summary>
internal static class ClosedLoop
{
    /// <summary>
    /// After how many operations that never waited a worker lets others have its thread: often enough that all workers
    /// get on, seldom enough that the switch does not show.
    /// </summary>
    public const int OperationsPerYield = 64;

    /// <summary>Runs all workers for a time; each returns what it counted.</summary>
    public static async Task<Throughput> RunAsync(int workers, TimeSpan time, Func<int, Deadline, Task<long>> work)
    {
        var deadline = new Deadline();
        var start = Stopwatch.GetTimestamp();
        using var timer = new Timer(_ => deadline.End(), null, time, Timeout.InfiniteTimeSpan);
        var counts = await Task.WhenAll(
            Enumerable.Range(0, workers).Select(worker => Task.Run(() => work(worker, deadline))));
        return new(counts.Sum(), Stopwatch.GetElapsedTime(start));
    }
}
