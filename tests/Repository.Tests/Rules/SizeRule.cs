using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace OrleansStream.Repository.Tests.Rules;

/// <summary>How much a reader can be asked to hold: lines, columns, constructor parameters.</summary>
internal static class SizeRule
{
    public const int MaxFileLines = 400;
    public const int MaxMethodLines = 60;
    public const int MaxColumns = 120;
    public const int MaxConstructorParameters = 7;

    public static IEnumerable<Violation> Check(CSharpFile file)
        => [.. CheckFile(file), .. CheckColumns(file), .. CheckMethods(file), .. CheckConstructors(file)];

    private static IEnumerable<Violation> CheckFile(CSharpFile file)
    {
        if (file.Lines.Count > MaxFileLines)
        {
            yield return new(file.Path, 0, $"{file.Lines.Count} lines are more than {MaxFileLines}.");
        }
    }

    private static IEnumerable<Violation> CheckColumns(CSharpFile file)
        => file.Lines
            .Index()
            .Where(line => line.Item.Length > MaxColumns)
            .Select(line => new Violation(
                file.Path, line.Index + 1, $"{line.Item.Length} columns are more than {MaxColumns}."));

    private static IEnumerable<Violation> CheckMethods(CSharpFile file)
        => file.Root.DescendantNodes()
            .Where(node => node
                is BaseMethodDeclarationSyntax or LocalFunctionStatementSyntax or AccessorDeclarationSyntax)
            .Where(method => LineCount(method) > MaxMethodLines)
            .Select(method => file.Violation(method, $"{LineCount(method)} lines are more than {MaxMethodLines}."));

    // A record's parameters are its data; only what a class is given to work with counts.
    private static IEnumerable<Violation> CheckConstructors(CSharpFile file)
        => file.Root.DescendantNodes()
            .OfType<ParameterListSyntax>()
            .Where(list => list.Parent is ConstructorDeclarationSyntax or ClassDeclarationSyntax)
            .Where(list => list.Parameters.Count > MaxConstructorParameters)
            .Select(list => file.Violation(
                list, $"{list.Parameters.Count} constructor parameters are more than {MaxConstructorParameters}."));

    // From the first modifier to the closing brace: documentation and attributes do not make a method longer.
    private static int LineCount(SyntaxNode method)
    {
        var attributes = method.ChildNodes().OfType<AttributeListSyntax>().LastOrDefault();
        var first = attributes?.GetLastToken().GetNextToken() ?? method.GetFirstToken();
        var start = first.GetLocation().GetLineSpan().StartLinePosition.Line;
        return method.GetLocation().GetLineSpan().EndLinePosition.Line - start + 1;
    }
}
