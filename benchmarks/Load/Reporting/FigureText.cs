using System.Globalization;

namespace OrleansStream.Load.Reporting;

/// <summary>Writes figures for people: three digits that matter, and the unit.</summary>
internal static class FigureText
{
    public static string Value(double value, string unit) => $"{Short(value)} {unit}";

    public static string Ratio(double? ratio)
        => ratio is { } value ? value.ToString("0.00", CultureInfo.InvariantCulture) : "-";

    public static string Latency(LatencySummary latency)
        => $"p50 {Time(latency.P50)}, p99 {Time(latency.P99)}, p99.9 {Time(latency.P999)}";

    public static string Describe(Figure figure)
    {
        var text = $"  {figure.Name,-44} {Value(figure.Value, figure.Unit),18}";
        if (figure.Comparison is { } comparison)
        {
            text += $"   {Ratio(figure.Ratio)} of {comparison.Name}, {Value(comparison.Value, figure.Unit)}";
        }

        if (figure.Latency is { } latency)
        {
            text += $"   {Latency(latency)}";
        }

        return figure.Setting is { } setting ? $"{text}\n      {setting}" : text;
    }

    private static string Short(double value) => Math.Abs(value) switch
    {
        0 => "0",
        >= 999_500_000 => Digits(value / 1e9) + " G",
        >= 999_500 => Digits(value / 1e6) + " M",
        >= 999.5 => Digits(value / 1e3) + " K",
        _ => Digits(value),
    };

    private static string Digits(double value)
        => value.ToString(
            Math.Abs(value) switch { >= 100 => "0", >= 10 => "0.0", _ => "0.00" }, CultureInfo.InvariantCulture);

    private static string Time(TimeSpan time)
        => time.TotalMilliseconds >= 1
            ? $"{Digits(time.TotalMilliseconds)} ms"
            : $"{Digits(time.TotalMicroseconds)} us";
}
