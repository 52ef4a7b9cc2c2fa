using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace OrleansStream.Repository.Tests.Rules;

/// <summary>One file is one concept: a class or interface, with the enums, records and small types it needs.</summary>
internal static class TypePerFileRule
{
    /// <summary>A type of more lines than this is no companion of another.</summary>
    public const int CompanionLines = 30;

    public static IEnumerable<Violation> Check(CSharpFile file)
        => file.Root.DescendantNodes(node => node is not TypeDeclarationSyntax)
            .OfType<TypeDeclarationSyntax>()
            .Where(type => type is not RecordDeclarationSyntax && LineCount(type) > CompanionLines)
            .Skip(1)
            .Select(type => file.Violation(type, $"{type.Identifier} is large enough for a file of its own."));

    private static int LineCount(SyntaxNode node)
    {
        var span = node.GetLocation().GetLineSpan();
        return span.EndLinePosition.Line - span.StartLinePosition.Line + 1;
    }
}
