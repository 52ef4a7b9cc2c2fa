using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace OrleansStream.Repository.Tests.Rules;

/// <summary>A test is skipped only where a program it needs is missing, and one place decides that.</summary>
internal static class SkipRule
{
    private const string Decider = "tests/TestKit/Clients/";

    public static IEnumerable<Violation> Check(CSharpFile file)
        => file.Path.StartsWith(Decider, StringComparison.Ordinal)
            ? []
            : file.Root.DescendantNodes()
                .Where(SetsSkip)
                .Select(node => file.Violation(node, $"Only {Decider} skips tests."));

    private static bool SetsSkip(SyntaxNode node) => node switch
    {
        AttributeArgumentSyntax argument => argument.NameEquals?.Name.Identifier.ValueText == "Skip",
        AssignmentExpressionSyntax assignment => assignment.Left.ToString() is "Skip" or "this.Skip" or "base.Skip",
        _ => false,
    };
}
