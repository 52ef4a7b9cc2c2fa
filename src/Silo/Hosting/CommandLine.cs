using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace OrleansStream.Silo.Hosting;

/// <summary>
/// Reads the command line: the options that scripts use most, and <c>--set</c> for every other setting.
/// </summary>
internal static class CommandLine
{
    /// <summary>
    /// Explains itself or the mistake, or runs the silo with the settings given; answers the exit code.
    /// </summary>
    public static Task<int> InvokeAsync(
        IReadOnlyList<string> arguments,
        Func<IReadOnlyDictionary<string, string?>, Task<int>> run,
        TextWriter output,
        TextWriter error)
    {
        var documentation = new Documentation();
        var switches = Settings.Switches
            .Select(setting => (Option: CreateOption(setting, documentation), setting.Key))
            .ToList();
        var set = CreateSetOption();
        var command = new RootCommand("OrleansStream: a streaming server that Kafka clients connect to.") { set };
        foreach (var (option, _) in switches)
        {
            command.Options.Add(option);
        }

        ExplainSettings(command, documentation);
        command.SetAction((parsed, _) =>
        {
            var settings = parsed.GetValue(set)!
                .Select(text => text.Split('=', 2))
                .Concat(
                    from entry in switches
                    let value = parsed.GetValue(entry.Option)
                    where value is not null
                    select new[] { entry.Key, value });
            return run(settings
                .GroupBy(pair => pair[0], StringComparer.OrdinalIgnoreCase)
                .ToDictionary(pairs => pairs.Key, pairs => (string?)pairs.Last()[1]));
        });

        var result = command.Parse(arguments);
        if (result.Action is ParseErrorAction mistake)
        {
            mistake.ShowHelp = false;
        }

        // Signals are the host's business.
        return result.InvokeAsync(new InvocationConfiguration
        {
            Output = output,
            Error = error,
            ProcessTerminationTimeout = null,
            EnableDefaultExceptionHandler = false,
        });
    }

    private static Option<string?> CreateOption(SettingSwitch setting, Documentation documentation)
    {
        var described = Settings.All.Single(candidate => candidate.Key == setting.Key);
        var defaults = described.Default.Length == 0 ? "" : $" [default: {described.Default}]";
        return new Option<string?>(setting.Name)
        {
            Description = documentation.Find(described.Property) + defaults,
            HelpName = setting.ValueName,
        };
    }

    private static Option<string[]> CreateSetOption()
    {
        var set = new Option<string[]>("--set")
        {
            Description = "Any setting listed below; may be given more than once.",
            HelpName = "SETTING=VALUE",
            DefaultValueFactory = _ => [],
        };
        set.Validators.Add(result =>
        {
            foreach (var text in result.Tokens.Select(token => token.Value))
            {
                var mistake = text.Contains('=', StringComparison.Ordinal)
                    ? Settings.FindUnknown([text.Split('=', 2)[0]])
                    : $"'{text}' should look like SETTING=VALUE.";
                if (mistake is not null)
                {
                    result.AddError($"--set: {mistake}");
                }
            }
        });
        return set;
    }

    private static void ExplainSettings(RootCommand command, Documentation documentation)
    {
        var help = command.Options.OfType<HelpOption>().Single();
        help.Action = new SettingsHelp((HelpAction)help.Action!, documentation);
    }

    /// <summary>The usual help, and after it every setting with its default and meaning.</summary>
    private sealed class SettingsHelp(HelpAction usual, Documentation documentation) : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            var exitCode = usual.Invoke(parseResult);
            var output = parseResult.InvocationConfiguration.Output;
            output.WriteLine($"Settings (appsettings.json, {Settings.EnvironmentPrefix}SECTION__NAME, --set):");
            foreach (var setting in Settings.All)
            {
                var defaults = setting.Default.Length == 0 ? "none" : setting.Default;
                output.WriteLine($"  {setting.Key} [default: {defaults}]");
                output.WriteLine($"      {documentation.Find(setting.Property)}");
            }

            return exitCode;
        }
    }
}
