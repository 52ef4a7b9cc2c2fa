using System.CommandLine;
using System.Text;
using OrleansStream.Cli.Records;

namespace OrleansStream.Cli.Consuming;

/// <summary><c>ostream consume</c>: prints records, those there are or also those to come.</summary>
internal sealed class Consume : Verb
{
    private readonly Argument<string[]> _topics = new("TOPIC")
    {
        Description = "One topic or several.",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly FormatOptions _formats;

    private readonly Option<string?> _from = new("--from")
    {
        Description = $"Where to begin: {ReadingPoint.Help}. "
            + "By default the beginning; with --follow the end; a group goes on where it was.",
        HelpName = "PLACE",
    };

    private readonly Option<bool> _follow = new("--follow", "-F")
    {
        Description = "Wait for more at the end, instead of ending there.",
    };

    private readonly Option<string?> _group = new("--group", "-g")
    {
        Description = "Share the partitions with the other members of this group, and commit what was printed.",
        HelpName = "NAME",
    };

    private readonly Option<int?> _partition = new("--partition", "-p") { Description = "Only this partition." };

    private readonly Option<string?> _key = new("--key")
    {
        Description = "Only records with this key.",
        HelpName = "TEXT",
    };

    private readonly Option<string[]> _where = new("--where", "-w")
    {
        Description = "Only JSON values that meet this, such as $.mag>=5; may be given more than once.",
        HelpName = "CONDITION",
        DefaultValueFactory = _ => [],
    };

    private readonly Option<long?> _count = new("--count", "-n")
    {
        Description = "End after so many records.",
        HelpName = "COUNT",
    };

    public Consume()
        : base("consume", "Print records.")
    {
        Arguments.Add(_topics);
        _formats = new FormatOptions(this);
        foreach (var option in new Option[]
        {
            _from,
            _follow,
            _group,
            _partition.Limited(0, int.MaxValue),
            _key,
            _where,
            _count.Limited(1, long.MaxValue),
        })
        {
            Options.Add(option);
        }

        Validators.Add(result =>
        {
            if (result.GetValue(_group) is not null && result.GetValue(_partition) is not null)
            {
                result.AddError("--group chooses the partitions, so --partition cannot.");
            }
        });
    }

    public override async Task<int> RunAsync(Session session, CancellationToken cancellationToken)
    {
        var parsed = session.Parsed;
        var selection = CreateSelection(parsed);
        var from = parsed.GetValue(_from) is { } text
            ? Understand(() => ReadingPoint.Parse(text, session.Terminal.Time))
            : null;
        var follows = parsed.GetValue(_follow);
        using var writer = new RecordWriter(session.Terminal.Output)
        {
            KeySeparator = _formats.KeySeparator(parsed),
            Format = _formats.Format(parsed),
            KeyFormat = _formats.KeyFormat(parsed),
            IsEnvelope = session.Results.IsJson,
        };

        var group = parsed.GetValue(_group);
        var scope = await Scope.FindAsync(
            session, parsed.GetValue(_topics)!, parsed.GetValue(_partition), cancellationToken);
        var start = from ?? (follows && group is null ? ReadingPoint.End : ReadingPoint.Beginning);
        await using var consumer = group is null
            ? await scope.AssignAsync(start, cancellationToken)
            : await scope.JoinAsync(group, from, cancellationToken);
        var printing = new Printing(consumer, writer, selection) { Ends = follows ? null : scope.Ends };
        var end = await printing.RunAsync(cancellationToken);
        if (group is not null && end != PrintingEnd.ReaderLeft)
        {
            await consumer.CommitAsync(CancellationToken.None);
        }

        return end == PrintingEnd.Stopped && !follows ? ExitCode.Interrupted : ExitCode.Success;
    }

    private Selection CreateSelection(ParseResult parsed) => new(
        parsed.GetValue(_key) is { } key
            ? Understand(() => Payload.Decode(Encoding.UTF8.GetBytes(key), _formats.KeyFormat(parsed)))
            : default(ReadOnlyMemory<byte>?),
        [.. parsed.GetValue(_where)!.Select(text => Understand(() => RecordFilter.Parse(text)))],
        parsed.GetValue(_count) ?? long.MaxValue);

    private static T Understand<T>(Func<T> parse)
    {
        try
        {
            return parse();
        }
        catch (FormatException e)
        {
            throw new CommandException(ExitCode.Usage, e.Message, e);
        }
    }
}
