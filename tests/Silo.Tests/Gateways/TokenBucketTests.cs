using OrleansStream.Silo.Gateways;
using OrleansStream.TestKit;

namespace OrleansStream.Silo.Tests.Gateways;

public sealed class TokenBucketTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly ManualTimeProvider _time = new();
    private readonly TokenBucket _bucket;

    public TokenBucketTests() => _bucket = new TokenBucket(burst: 2 * Second, maxDebt: 10 * Second, _time);

    [Fact]
    public void A_burst_is_free_and_what_goes_beyond_is_waited_for()
    {
        Assert.Equal(TimeSpan.Zero, _bucket.Use(200, rate: 100));
        Assert.Equal(3 * Second, _bucket.Use(300, rate: 100));

        _time.Advance(3 * Second);
        Assert.Equal(TimeSpan.Zero, _bucket.Use(0, rate: 100));
        Assert.Equal(1 * Second, _bucket.Use(100, rate: 100));
    }

    [Fact]
    public void An_hour_of_rest_saves_no_more_than_a_burst()
    {
        _time.Advance(TimeSpan.FromHours(1));

        Assert.Equal(1 * Second, _bucket.Use(300, rate: 100));
    }

    [Fact]
    public void No_wait_is_longer_than_the_largest_debt()
    {
        Assert.Equal(10 * Second, _bucket.Use(double.MaxValue, rate: 0.001));

        _time.Advance(10 * Second);
        Assert.Equal(TimeSpan.Zero, _bucket.Use(0, rate: 0.001));
    }

    // Whatever is used how often, with all waits kept it is the rate and one burst.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Who_waits_as_told_uses_the_rate_and_one_burst(int seed)
    {
        var random = new Random(seed);
        var (used, started) = (0.0, _time.GetTimestamp());
        for (var i = 0; i < 1_000; i++)
        {
            var amount = random.Next(1, 500);
            used += amount;
            _time.Advance(_bucket.Use(amount, rate: 100));
        }

        var seconds = _time.GetElapsedTime(started).TotalSeconds;
        Assert.InRange(used, 100 * seconds, (100 * (seconds + 2)) + 1);
    }
}
