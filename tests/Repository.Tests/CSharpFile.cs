using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace OrleansStream.Repository.Tests;

/// <summary>One C# file as the compiler sees it, so that no rule mistakes a comment or a string for code.</summary>
/// <param name="Path">From the root, with '/' between the parts.</param>
internal sealed record CSharpFile(string Path, string Text, SyntaxNode Root)
{
    public IReadOnlyList<string> Lines { get; } = Text.TrimEnd('\n').Split('\n');

    /// <summary>Parses the file as it is compiled with Orleans, the larger of the two builds.</summary>
    /// <exception cref="FormatException">The text is not C#: a rule must not judge half a file.</exception>
    public static CSharpFile Parse(string path, string text)
    {
        var options = CSharpParseOptions.Default
            .WithLanguageVersion(LanguageVersion.Preview)
            .WithPreprocessorSymbols("WITH_ORLEANS");
        var tree = CSharpSyntaxTree.ParseText(text, options, path);
        var error = tree.GetDiagnostics().FirstOrDefault(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error);
        return error is null ? new(path, text, tree.GetRoot()) : throw new FormatException(error.ToString());
    }

    public Violation Violation(SyntaxNode node, string message) => Violation(node.GetFirstToken(), message);

    public Violation Violation(SyntaxToken token, string message)
        => new(Path, token.GetLocation().GetLineSpan().StartLinePosition.Line + 1, message);
}
