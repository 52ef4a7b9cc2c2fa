using OrleansStream.Cli.Benchmarks;

namespace OrleansStream.Cli.Tests.Benchmarks;

public sealed class LatencyHistogramTests
{
    [Fact]
    public void Percentiles_are_right_to_a_fifth_and_never_beyond_the_slowest()
    {
        var histogram = new LatencyHistogram();
        foreach (var milliseconds in Enumerable.Range(1, 1_000))
        {
            histogram.Add(TimeSpan.FromMilliseconds(milliseconds));
        }

        Assert.InRange(histogram.Percentile(0.5), 500, 600);
        Assert.InRange(histogram.Percentile(0.99), 990, 1_000);
        Assert.Equal(1_000, histogram.Percentile(1));
        Assert.Equal(1_000, histogram.ByDoubling().Sum(group => group.Count));
    }

    [Fact]
    public void An_empty_histogram_has_nothing_to_say() => Assert.Equal(0, new LatencyHistogram().Percentile(0.99));

    [Fact]
    public void A_line_of_blocks_shows_the_last_numbers_against_the_highest()
        => Assert.Equal("▁▅█", Sparkline.Draw([9, 0, 5, 10], width: 3));
}
