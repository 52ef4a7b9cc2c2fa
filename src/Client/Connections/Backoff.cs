namespace OrleansStream.Client.Connections;

/// <summary>
/// The pauses between attempts: each twice as long as the last, up to a bound, and never quite the same.
/// </summary>
/// <remarks>Not thread-safe.</remarks>
internal sealed class Backoff(StreamClientOptions options, TimeProvider time)
{
    private int _failures;

    /// <summary>The next failure is the first again.</summary>
    public void Reset() => _failures = 0;

    /// <summary>Waits before the next attempt.</summary>
    public Task WaitAsync(CancellationToken cancellationToken)
        => Task.Delay(Next(), time, cancellationToken);

    private TimeSpan Next()
    {
        const int MaxDoublings = 20;
        var full = options.RetryDelay * Math.Pow(2, Math.Min(_failures++, MaxDoublings));
        var bounded = full < options.MaxRetryDelay ? full : options.MaxRetryDelay;

        // Clients that lost the same server do not all come back in the same moment.
        return bounded * (0.8 + (0.4 * Jitter.NextDouble()));
    }
}
