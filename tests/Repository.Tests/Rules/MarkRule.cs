using System.Text.RegularExpressions;

namespace OrleansStream.Repository.Tests.Rules;

/// <summary>Marks of unfinished work, in any kind of text: the work is finished, or it is an issue.</summary>
internal static partial class MarkRule
{
    public static IEnumerable<Violation> Check(string path, string text)
        => text.Split('\n')
            .Index()
            .SelectMany(line => Marks().Matches(line.Item).Select(match => (line.Index, match.Value)))
            .Select(mark => new Violation(path, mark.Index + 1, $"{mark.Value} stays in no file."));

    // Written with a class of one letter, so that this file does not find itself.
    [GeneratedRegex(@"\b(T[O]DO|F[I]XME|H[A]CK)\b")]
    private static partial Regex Marks();
}
