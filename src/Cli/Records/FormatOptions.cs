using System.CommandLine;

namespace OrleansStream.Cli.Records;

/// <summary>The options by which produce and consume say how keys and values stand in a line.</summary>
internal sealed class FormatOptions
{
    private readonly Option<PayloadFormat> _format = new("--format", "-f")
    {
        Description = "How values stand in a line.",
        DefaultValueFactory = _ => PayloadFormat.Text,
    };

    private readonly Option<PayloadFormat> _keyFormat = new("--key-format")
    {
        Description = "How keys stand in a line.",
        DefaultValueFactory = _ => PayloadFormat.Text,
    };

    private readonly Option<string?> _separator = new("--key-separator", "-K")
    {
        Description = @"What stands between key and value, such as : or \t. Without it, lines have no keys.",
        HelpName = "TEXT",
    };

    public FormatOptions(Command command)
    {
        _separator.Validators.Add(result =>
        {
            if (result.Tokens.Any(token => token.Value.Length == 0))
            {
                result.AddError("--key-separator cannot be empty.");
            }
        });
        command.Options.Add(_separator);
        command.Options.Add(_format.Among(Enum.GetValues<PayloadFormat>()));
        command.Options.Add(_keyFormat.Among(Enum.GetValues<PayloadFormat>()));
    }

    public PayloadFormat Format(ParseResult parsed) => parsed.GetValue(_format);

    public PayloadFormat KeyFormat(ParseResult parsed) => parsed.GetValue(_keyFormat);

    public string? KeySeparator(ParseResult parsed)
        => parsed.GetValue(_separator)?.Replace(@"\t", "\t", StringComparison.Ordinal);
}
