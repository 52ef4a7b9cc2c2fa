using System.CommandLine;
using OrleansStream.Cli.Records;
using OrleansStream.Cli.Topics;
using OrleansStream.Client;
using OrleansStream.Contracts;
using OrleansStream.Protocols.Batches;

namespace OrleansStream.Cli.Producing;

/// <summary><c>ostream produce</c>: sends each line of a file, or of the standard input, as a record.</summary>
internal sealed class Produce : Verb
{
    private readonly Argument<string> _topic = TopicArguments.CreateTopic();
    private readonly FormatOptions _formats;

    private readonly Argument<FileInfo?> _file = new("FILE")
    {
        Description = "A record per line; the standard input by default.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<bool> _records = new("--records")
    {
        Description = "Lines are records as consume --json prints them, with keys, headers and timestamps.",
    };

    private readonly Option<string[]> _headers = new("--header", "-H")
    {
        Description = "A header of every record; may be given more than once.",
        HelpName = "NAME=VALUE",
        DefaultValueFactory = _ => [],
    };

    private readonly Option<int?> _partition = new("--partition", "-p") { Description = "The only one to send to." };

    private readonly Option<bool> _emptyIsNull = new("--empty-is-null")
    {
        Description = "An empty value deletes what its key stands for.",
    };

    private readonly Option<double?> _rate = new("--rate")
    {
        Description = "No more than so many records per second.",
        HelpName = "COUNT",
    };

    private readonly Option<CompressionCodec> _compression = new("--compression", "-z")
    {
        Description = "None, gzip, snappy or lz4.",
        DefaultValueFactory = _ => CompressionCodec.None,
    };

    private readonly Option<Acks> _acks = new("--acks")
    {
        Description = "What must have happened before a record counts as sent.",
        DefaultValueFactory = _ => Acks.All,
    };

    private readonly Option<bool> _quiet = new("--quiet", "-q") { Description = "No progress and no summary." };

    public Produce()
        : base("produce", "Send lines as records.")
    {
        Arguments.Add(_topic);
        Arguments.Add(_file);
        _formats = new FormatOptions(this);
        foreach (var option in new Option[]
        {
            _records,
            _headers,
            _partition.Limited(0, int.MaxValue),
            _emptyIsNull,
            _rate.Limited(0.001, 1e9),
            _compression.Writable(),
            _acks.Among(Acks.All, Acks.Leader),
            _quiet,
        })
        {
            Options.Add(option);
        }
    }

    public override async Task<int> RunAsync(Session session, CancellationToken cancellationToken)
    {
        var parsed = session.Parsed;
        var parser = CreateParser(parsed);
        var file = parsed.GetValue(_file);
        await using var input = file?.OpenRead();
        await CheckClusterAsync(session, cancellationToken);

        var acks = parsed.GetValue(_acks);
        await using var producer = session.Client.CreateProducer(new ProducerOptions
        {
            Compression = parsed.GetValue(_compression),
            Acks = acks,
            Idempotent = acks == Acks.All,
        });
        var lines = new LineReader(input ?? session.Terminal.Input);
        var sending = new LineSending(producer, parser, lines, parsed.GetValue(_rate), session.Terminal);
        var isShown = session.Terminal.IsWatched && !parsed.GetValue(_quiet)
            && (input is not null || Console.IsInputRedirected);
        var wasStopped = await sending.RunAsync(input?.Length, isShown, cancellationToken);
        Report(session, sending, parser.Topic, parsed.GetValue(_quiet));
        return wasStopped ? ExitCode.Interrupted : ExitCode.Success;
    }

    private RecordParser CreateParser(ParseResult parsed)
    {
        try
        {
            return new RecordParser
            {
                Topic = parsed.GetValue(_topic)!,
                KeySeparator = _formats.KeySeparator(parsed),
                Format = _formats.Format(parsed),
                KeyFormat = _formats.KeyFormat(parsed),
                Headers = [.. parsed.GetValue(_headers)!.Select(RecordParser.ParseHeader)],
                Partition = parsed.GetValue(_partition),
                EmptyIsNull = parsed.GetValue(_emptyIsNull),
                IsEnvelope = parsed.GetValue(_records),
            };
        }
        catch (FormatException e)
        {
            throw new CommandException(ExitCode.Usage, $"--header: {e.Message}.", e);
        }
    }

    // A producer waits minutes for a server that restarts; that nobody is there at all should show at once.
    private static async Task CheckClusterAsync(Session session, CancellationToken cancellationToken)
    {
        await using var admin = session.Client.CreateAdmin();
        await admin.DescribeClusterAsync(cancellationToken);
    }

    private static void Report(Session session, LineSending sending, string topic, bool isQuiet)
    {
        if (session.Results.IsJson)
        {
            session.Results.Show(
                new
                {
                    Topic = topic,
                    Records = sending.RecordCount,
                    Bytes = sending.Bytes,
                    Seconds = Math.Round(sending.Elapsed.TotalSeconds, 3),
                },
                print: () => { });
        }
        else if (!isQuiet)
        {
            session.Note($"{sending.RecordCount} records, {sending.Rate}, to {topic}.");
        }
    }
}
