using System.CommandLine;
using OrleansStream.Cli.Terminals;
using OrleansStream.Client;

namespace OrleansStream.Cli;

/// <summary>One run of a verb: what was asked, the way to the cluster, and where results go.</summary>
internal sealed class Session(ParseResult parsed, Terminal terminal, bool isJson, StreamClientOptions options)
{
    public ParseResult Parsed => parsed;

    public Terminal Terminal => terminal;

    public StreamClientOptions Options => options;

    public Results Results { get; } = new(terminal, isJson);

    public StreamClient Client { get; } = StreamClient.Connect(options, time: terminal.Time);

    /// <summary>A sentence for people, beside the results.</summary>
    public void Note(string sentence) => terminal.Error.WriteLine(sentence);
}
