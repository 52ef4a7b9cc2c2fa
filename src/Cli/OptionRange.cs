using System.CommandLine;
using System.Globalization;

namespace OrleansStream.Cli;

/// <summary>Refuses numbers that make no sense, with a sentence that says which do.</summary>
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
}
