using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace OrleansStream.Cli.Benchmarks;

/// <summary>Draws the rate over time, and how long records took.</summary>
internal static class BenchPlot
{
    private const int Width = 60;

    public static IRenderable Create(LatencyHistogram latency, IReadOnlyList<double> rates)
    {
        var (rate, p99) = (rates.Count > 0 ? rates[^1] : 0, latency.Percentile(0.99));
        var line = new Text(string.Create(
            CultureInfo.InvariantCulture,
            $"{rate:#,0} records/s  {Sparkline.Draw(rates, Width)}  p99 {p99:0.00} ms"));
        var chart = new BarChart { Width = Width + 20, Label = "records stored within", LabelAlignment = Justify.Left };
        foreach (var (upToMs, count) in latency.ByDoubling())
        {
            chart.AddItem(string.Create(CultureInfo.InvariantCulture, $"{upToMs:0.###} ms"), count, Color.Green);
        }

        return latency.Count > 0 ? new Rows(line, chart) : line;
    }
}
