using System.Globalization;

namespace OrleansStream.Load.Reporting;

/// <summary>Prints how the figures of a run stand to the goals.</summary>
internal static class GoalTable
{
    public static void Write(IReadOnlyList<Figure> figures, TextWriter output)
    {
        var byName = figures.ToDictionary(figure => figure.Name);
        output.WriteLine();
        WriteHead(output, "goal", "our figure", "limit in the same run", "ratio", "goal ratio", "met?");
        foreach (var goal in Goal.All)
        {
            WriteGoal(goal, byName.GetValueOrDefault(goal.Figure), output);
        }

        foreach (var bound in Bound.All)
        {
            if (byName.TryGetValue(bound.Figure, out var figure))
            {
                WriteRow(output, bound.Work, FigureText.Value(figure.Value, figure.Unit), "", "",
                    "<= " + Number(bound.Most), figure.Value <= bound.Most ? "yes" : "no");
            }
        }

        foreach (var floor in Floor.All)
        {
            if (byName.TryGetValue(floor.Figure, out var figure))
            {
                WriteRow(output, floor.Work, FigureText.Value(figure.Value, figure.Unit), "", "",
                    ">= " + FigureText.Value(floor.Least, figure.Unit), figure.Value >= floor.Least ? "yes" : "no");
            }
        }

        output.WriteLine();
        output.WriteLine("Other systems, in other runs on a machine of this kind: for orientation only.");
        output.WriteLine();
        WriteHead(output, "work", "our figure", "theirs, elsewhere", "factor", "goal factor", "");
        foreach (var other in Orientation.All)
        {
            if (byName.TryGetValue(other.Figure, out var figure))
            {
                WriteRow(output, other.Work, FigureText.Value(figure.Value, figure.Unit),
                    $"{other.System}: {FigureText.Value(other.Value, figure.Unit)}",
                    Number(figure.Value / other.Value), Number(other.Factor), "");
            }
        }
    }

    private static void WriteGoal(Goal goal, Figure? figure, TextWriter output)
    {
        if (figure is not { Comparison: { } comparison, Ratio: { } ratio })
        {
            WriteRow(output, goal.Work, figure is null ? "not measured" : FigureText.Value(figure.Value, figure.Unit),
                "not measured", "", ">= " + Number(goal.Ratio), "");
            return;
        }

        WriteRow(output, goal.Work, FigureText.Value(figure.Value, figure.Unit),
            $"{comparison.Name}: {FigureText.Value(comparison.Value, figure.Unit)}",
            FigureText.Ratio(ratio), ">= " + Number(goal.Ratio), goal.Judge(ratio));
    }

    private static void WriteHead(TextWriter output, params string[] titles)
    {
        WriteRow(output, titles[0], titles[1], titles[2], titles[3], titles[4], titles[5]);
        output.WriteLine("|---|---|---|---|---|---|");
    }

    private static void WriteRow(
        TextWriter output, string work, string ours, string limit, string ratio, string goal, string isMet)
        => output.WriteLine($"| {work,-53} | {ours,18} | {limit,-52} | {ratio,6} | {goal,11} | {isMet,5} |");

    private static string Number(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);
}
