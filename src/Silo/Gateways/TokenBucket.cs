namespace OrleansStream.Silo.Gateways;

/// <summary>Holds a use to a rate: what is used too much now has to be waited for afterwards.</summary>
/// <remarks>
/// Unused time is kept for a burst, and a debt is forgiven beyond a maximum, so that no wait is longer. The rate comes
/// with each use, because it may have been changed since the last. Thread-safe.
/// </remarks>
internal sealed class TokenBucket
{
    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly double _burstSeconds;
    private readonly double _maxDebtSeconds;
    private double _savedSeconds;
    private long _usedAt;

    /// <param name="burst">For how long the rate may have been saved up.</param>
    /// <param name="maxDebt">The longest wait.</param>
    public TokenBucket(TimeSpan burst, TimeSpan maxDebt, TimeProvider time)
    {
        _time = time;
        _burstSeconds = burst.TotalSeconds;
        _maxDebtSeconds = maxDebt.TotalSeconds;
        _savedSeconds = _burstSeconds;
        _usedAt = time.GetTimestamp();
    }

    /// <summary>Uses an amount, also one that is not there.</summary>
    /// <param name="rate">How much there is in a second; more than zero.</param>
    /// <returns>How long to use nothing more; zero when there was enough.</returns>
    public TimeSpan Use(double amount, double rate)
    {
        lock (_gate)
        {
            var now = _time.GetTimestamp();
            var saved = Math.Min(_savedSeconds + _time.GetElapsedTime(_usedAt, now).TotalSeconds, _burstSeconds);
            _usedAt = now;
            _savedSeconds = Math.Max(saved - (amount / rate), -_maxDebtSeconds);
            return TimeSpan.FromSeconds(Math.Max(-_savedSeconds, 0));
        }
    }
}
