using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;
using OrleansStream.Cli.Benchmarks;
using OrleansStream.Cli.Consuming;
using OrleansStream.Cli.Diagnosis;
using OrleansStream.Cli.Groups;
using OrleansStream.Cli.Producing;
using OrleansStream.Cli.Storage;
using OrleansStream.Cli.Terminals;
using OrleansStream.Cli.Topics;

namespace OrleansStream.Cli;

/// <summary>The command <c>ostream</c>: runs a verb, and turns failures into a sentence and an exit code.</summary>
internal sealed partial class Ostream
{
    // What a stopped verb may take to flush or commit. Longer, and whoever pressed the keys presses them again.
    private static readonly TimeSpan s_patienceWhenStopped = TimeSpan.FromSeconds(30);

    private readonly ConnectionOptions _connection = new();
    private readonly Option<bool> _json = new("--json")
    {
        Description = "Print JSON: one document, or one line per record.",
        Recursive = true,
    };

    private readonly Terminal _terminal;

    private Ostream(Terminal terminal) => _terminal = terminal;

    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static async Task<int> InvokeAsync(
        IReadOnlyList<string> arguments, Terminal terminal, CancellationToken cancellationToken = default)
    {
        var parsed = new Ostream(terminal).CreateCommand().Parse(arguments);
        if (FindMistake(parsed) is { } mistake)
        {
            terminal.Error.WriteLine($"ostream: {mistake}");
            terminal.Error.WriteLine($"Try: {NameOf(parsed.CommandResult.Command)} --help");
            return ExitCode.Usage;
        }

        var configuration = new InvocationConfiguration
        {
            Output = terminal.Text,
            Error = terminal.Error,
            ProcessTerminationTimeout = s_patienceWhenStopped,
            EnableDefaultExceptionHandler = false,
        };
        try
        {
            return await parsed.InvokeAsync(configuration, cancellationToken);
        }
        catch (IOException e) when (Terminal.HasReaderLeft(e))
        {
            return ExitCode.Success;
        }
    }

    // To the parser an option it does not know is an argument: without a look at that a topic would be deleted because
    // its name stands beside one.
    private static string? FindMistake(ParseResult parsed)
    {
        if (parsed.Action is ParseErrorAction)
        {
            return TypeNames().Replace(parsed.Errors[0].Message, "");
        }

        if (parsed.Tokens.Any(token => token.Type == TokenType.DoubleDash))
        {
            return null;
        }

        var unknown = parsed.CommandResult.Children
            .OfType<ArgumentResult>()
            .SelectMany(argument => argument.Tokens)
            .FirstOrDefault(token => token.Value is ['-', _, ..]);
        return unknown is null
            ? null
            : $"There is no option {unknown.Value}. Where it is a name, write -- before the names.";
    }

    private RootCommand CreateCommand()
    {
        var root = new RootCommand("Topics, records and groups of OrleansStream, or any cluster that speaks Kafka.");
        _connection.AddTo(root);
        root.Options.Add(_json);
        root.Subcommands.Add(new Command("topics", "Look after topics.")
        {
            Wire(new ListTopics()),
            Wire(new CreateTopic()),
            Wire(new DescribeTopic()),
            Wire(new AlterTopic()),
            Wire(Delete.Topics()),
        });
        root.Subcommands.Add(Wire(new Produce()));
        root.Subcommands.Add(Wire(new Consume()));
        root.Subcommands.Add(new Command("groups", "Look after groups of consumers.")
        {
            Wire(new ListGroups()),
            Wire(new DescribeGroup()),
            Wire(new ResetGroup()),
            Wire(Delete.Groups()),
        });
        root.Subcommands.Add(new Command("storage", "Look into, check and copy what a stopped silo has stored.")
        {
            Wire(new InspectStorage()),
            Wire(new VerifyStorage()),
            Wire(new MigrateStorage()),
        });
        root.Subcommands.Add(Wire(new Bench()));
        root.Subcommands.Add(Wire(new Doctor()));
        root.Subcommands.Add(new Completion(_terminal));
        return root;
    }

    private Verb Wire(Verb verb)
    {
        verb.SetAction((parsed, cancellationToken) => RunAsync(verb, parsed, cancellationToken));
        return verb;
    }

    private async Task<int> RunAsync(Verb verb, ParseResult parsed, CancellationToken cancellationToken)
    {
        var servers = "";
        try
        {
            var options = _connection.Read(parsed);
            servers = options.BootstrapServers;
            var session = new Session(parsed, _terminal, parsed.GetValue(_json), options);
            return await verb.RunAsync(session, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return ExitCode.Interrupted;
        }
        catch (Exception e) when (!Terminal.HasReaderLeft(e))
        {
            // The last place before the user: even a bug ends in a sentence here.
            var failure = Failure.Explain(e, servers)
                ?? new CommandException(ExitCode.Failure, $"This should not happen: {e.GetType().Name}: {e.Message}");
            _terminal.Error.WriteLine($"ostream: {failure.Message}");
            return failure.ExitCode;
        }
    }

    private static string NameOf(Command command)
    {
        var parent = command.Parents.OfType<Command>().FirstOrDefault();
        return parent is null ? "ostream" : $"{NameOf(parent)} {command.Name}";
    }

    // The parser tells which type of the runtime it wanted, which is not what the user wants to know.
    [GeneratedRegex(" as expected type '[^']*'")]
    private static partial Regex TypeNames();
}
