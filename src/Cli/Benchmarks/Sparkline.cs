namespace OrleansStream.Cli.Benchmarks;

/// <summary>Draws numbers as a line of blocks of different height.</summary>
internal static class Sparkline
{
    private const string Blocks = "▁▂▃▄▅▆▇█";

    /// <param name="width">The last so many are drawn.</param>
    public static string Draw(IReadOnlyList<double> numbers, int width)
    {
        var shown = numbers.Skip(Math.Max(0, numbers.Count - width)).ToList();
        var highest = shown.DefaultIfEmpty(0).Max();
        return string.Concat(shown.Select(
            number => highest <= 0 ? Blocks[0] : Blocks[(int)Math.Round(number / highest * (Blocks.Length - 1))]));
    }
}
