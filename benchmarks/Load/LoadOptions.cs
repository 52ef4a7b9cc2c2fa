using System.Globalization;

namespace OrleansStream.Load;

/// <summary>What the command line asks for.</summary>
internal sealed record LoadOptions
{
    public const string Usage = """
        dotnet run -c Release --project benchmarks/Load -- [SCENARIO...] [OPTION...]

          SCENARIO      run only these; without any, all of them.
          --seconds N   how long each case runs (default 2, may be a fraction)
          --dry-run     every case for a moment, with all checks of its results and no claim about speed
          --full        more sizes and more workers in each scenario, and longer
          --cold-mb N   how many MiB of old segments are read (default 128, 10240 with --full)
          --json FILE   writes all figures there, with the machine and the commit
        """;

    private static readonly TimeSpan s_dryRunTime = TimeSpan.FromMilliseconds(50);

    public IReadOnlyList<string> Scenarios { get; private init; } = [];

    /// <summary>How long each case runs.</summary>
    public TimeSpan CaseTime { get; private init; } = TimeSpan.FromSeconds(2);

    /// <summary>How much a consumer of old segments reads.</summary>
    public long ColdBytes { get; private init; }

    public bool IsDryRun { get; private init; }

    public bool IsFull { get; private init; }

    /// <summary>Null when no file is wanted.</summary>
    public string? JsonFile { get; private init; }

    /// <exception cref="FormatException">The message names what is wrong.</exception>
    public static LoadOptions Parse(IReadOnlyList<string> arguments)
    {
        var options = new LoadOptions();
        var scenarios = new List<string>();
        double? seconds = null;
        double? coldMebibytes = null;
        for (var i = 0; i < arguments.Count; i++)
        {
            var argument = arguments[i];
            switch (argument)
            {
                case "--seconds":
                    seconds = ParseNumber(argument, ValueOf(arguments, ref i), 86_400);
                    break;
                case "--cold-mb":
                    coldMebibytes = ParseNumber(argument, ValueOf(arguments, ref i), 1 << 20);
                    break;
                case "--json":
                    options = options with { JsonFile = ValueOf(arguments, ref i) };
                    break;
                case "--dry-run":
                    options = options with { IsDryRun = true };
                    break;
                case "--full":
                    options = options with { IsFull = true };
                    break;
                default:
                    scenarios.Add(argument.StartsWith('-')
                        ? throw new FormatException($"Unknown option {argument}.")
                        : argument);
                    break;
            }
        }

        return options with
        {
            Scenarios = scenarios,
            CaseTime = options.ChooseTime(seconds),
            ColdBytes = (long)((coldMebibytes ?? options.DefaultColdMebibytes) * (1 << 20)),
        };
    }

    private double DefaultColdMebibytes => IsDryRun ? 2 : IsFull ? 10_240 : 128;

    private TimeSpan ChooseTime(double? seconds)
        => seconds is { } given ? TimeSpan.FromSeconds(given)
            : IsDryRun ? s_dryRunTime
            : IsFull ? TimeSpan.FromSeconds(5)
            : CaseTime;

    private static string ValueOf(IReadOnlyList<string> arguments, ref int index)
        => ++index < arguments.Count
            ? arguments[index]
            : throw new FormatException($"{arguments[index - 1]} needs a value.");

    private static double ParseNumber(string option, string text, double most)
        => double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            && number > 0 && number <= most
            ? number
            : throw new FormatException($"{option} is '{text}' but must be a number above 0, up to {most}.");
}
