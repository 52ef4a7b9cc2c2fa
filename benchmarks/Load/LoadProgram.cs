using System.Globalization;
using OrleansStream.Load.Reporting;
using OrleansStream.Load.Scenarios;

namespace OrleansStream.Load;

/// <summary>Runs the scenarios asked for and prints what they found, beside the limits and the goals.</summary>
internal static class LoadProgram
{
    private const int Success = 0;
    private const int WrongResult = 1;
    private const int BadOptions = 2;

    /// <returns>The exit code: 0, 1 when a scenario got a wrong answer, 2 for options that make no sense.</returns>
    public static async Task<int> RunAsync(string[] arguments)
    {
        if (arguments is [Recovery.FillVerb, var directory, var bytes])
        {
            await Recovery.FillAsync(directory, int.Parse(bytes, CultureInfo.InvariantCulture));
            return Success;
        }

        if (arguments is ["--help"])
        {
            WriteUsage(Console.Out);
            return Success;
        }

        try
        {
            var options = LoadOptions.Parse(arguments);
            return await RunAsync(options, Choose(options.Scenarios), Console.Out);
        }
        catch (FormatException e)
        {
            Console.Error.WriteLine(e.Message);
            WriteUsage(Console.Error);
            return BadOptions;
        }
    }

    private static async Task<int> RunAsync(LoadOptions options, IReadOnlyList<Scenario> scenarios, TextWriter output)
    {
        var machine = await Machine.DescribeAsync();
        var run = new LoadRun(options, output);
        var failures = 0;
        output.WriteLine(machine);
        foreach (var scenario in scenarios)
        {
            output.WriteLine();
            output.WriteLine($"{scenario.Name}: {scenario.Summary}");
            try
            {
                await scenario.RunAsync(run);
            }
            catch (Exception e)
            {
                // The other scenarios still tell something, but the run has failed.
                failures++;
                output.WriteLine($"  FAILED: {(e is WrongResultException ? e.Message : e)}");
            }
        }

        if (!options.IsDryRun)
        {
            GoalTable.Write(run.Figures, output);
        }

        if (options.JsonFile is { } file)
        {
            JsonReport.Write(file, machine, run.Figures);
        }

        output.WriteLine();
        output.WriteLine($"{run.Figures.Count} figures, {failures} scenarios failed");
        return failures == 0 ? Success : WrongResult;
    }

    private static IReadOnlyList<Scenario> Choose(IReadOnlyList<string> names)
    {
        if (names.FirstOrDefault(name => Scenario.All.All(scenario => scenario.Name != name)) is { } unknown)
        {
            throw new FormatException($"There is no scenario '{unknown}'.");
        }

        return names.Count == 0 ? Scenario.All : [.. Scenario.All.Where(scenario => names.Contains(scenario.Name))];
    }

    private static void WriteUsage(TextWriter output)
    {
        output.WriteLine(LoadOptions.Usage);
        output.WriteLine();
        foreach (var scenario in Scenario.All)
        {
            output.WriteLine($"  {scenario.Name,-16} {scenario.Summary}");
        }
    }
}
