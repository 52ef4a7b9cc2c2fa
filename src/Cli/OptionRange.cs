using System.CommandLine;
using System.Globalization;
using OrleansStream.Protocols.Batches;

namespace OrleansStream.Cli;

/// <summary>Refuses what makes no sense, with a sentence that says what does.</summary>
internal static class OptionRange
{
    public static Option<T> Limited<T>(this Option<T> option, double least, double most)
    {
        option.Validators.Add(result =>
        {
            // What is no number at all is refused by the option itself.
            if (result.Tokens.Count == 1
                && double.TryParse(result.Tokens[0].Value, CultureInfo.InvariantCulture, out var number)
                && !(number >= least && number <= most))
            {
                result.AddError(FormattableString.Invariant($"{option.Name} takes {least} to {most}."));
            }
        });
        return option;
    }

    /// <summary>Takes these names only, written in any case, and completes them in small letters.</summary>
    public static Option<T> Among<T>(this Option<T> option, params T[] choices)
        where T : struct, Enum
    {
        string[] names = [.. choices.Select(choice => choice.ToString().ToLowerInvariant())];
        option.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, names);
        return option;
    }

    /// <summary>Zstandard can be neither written nor read here.</summary>
    public static Option<CompressionCodec> Writable(this Option<CompressionCodec> option) => option.Among(
        CompressionCodec.None, CompressionCodec.Gzip, CompressionCodec.Snappy, CompressionCodec.Lz4);
}
