using System.Text.RegularExpressions;

namespace OrleansStream.Repository.Tests.Rules;

/// <summary>A document has one title, and what it links to inside the repository is there.</summary>
internal static partial class MarkdownRule
{
    /// <param name="exists">Whether a path from the root names a file or a directory.</param>
    public static IEnumerable<Violation> Check(string path, string text, Func<string, bool> exists)
    {
        var prose = Fences().Replace(text, match => new string('\n', match.Value.Count(c => c == '\n')));
        return [.. CheckTitle(path, prose), .. CheckLinks(path, prose, exists)];
    }

    private static IEnumerable<Violation> CheckTitle(string path, string prose)
    {
        var titles = prose.Split('\n').Count(line => line.StartsWith("# ", StringComparison.Ordinal));
        if (titles != 1)
        {
            yield return new(path, 0, $"{titles} titles instead of one.");
        }
    }

    private static IEnumerable<Violation> CheckLinks(string path, string prose, Func<string, bool> exists)
    {
        foreach (Match match in Links().Matches(prose))
        {
            var target = match.Groups["target"].Value;
            var file = target.Split('#')[0];
            if (file.Length > 0 && !target.Contains(':', StringComparison.Ordinal) && !exists(Resolve(path, file)))
            {
                var line = prose.AsSpan(0, match.Index).Count('\n') + 1;
                yield return new(path, line, $"{target} is not in the repository.");
            }
        }
    }

    private static string Resolve(string document, string target)
    {
        var full = Path.GetFullPath(target, Path.GetFullPath(Path.GetDirectoryName(document)!, "/"));
        return full.TrimStart('/');
    }

    [GeneratedRegex(@"^(?<fence>```+|~~~+).*?^\k<fence>", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fences();

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)[^)]*\)")]
    private static partial Regex Links();
}
