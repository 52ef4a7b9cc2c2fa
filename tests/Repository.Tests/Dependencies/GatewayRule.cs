using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace OrleansStream.Repository.Tests.Dependencies;

/// <summary>Gateways and clients reach the service only through Contracts, never around it.</summary>
internal static class GatewayRule
{
    private const string Product = "OrleansStream.";

    // No service leads to what a stopped silo has stored: docs/decisions/0015.
    private const string Offline = "src/Cli/Storage/";

    private static readonly string[] s_outside = ["src/Silo/Gateways/", "src/Client/", "src/Cli/"];

    private static readonly string[] s_behind = ["Engine", "Embedded", "Grains", "GrainInterfaces"];

    public static IEnumerable<Violation> Check(CSharpFile file)
        => s_outside.Any(folder => file.Path.StartsWith(folder, StringComparison.Ordinal))
            && !file.Path.StartsWith(Offline, StringComparison.Ordinal)
            ? file.Root.DescendantNodes()
                .Where(IsWholeName)
                .Where(name => IsBehind(name.ToString()))
                .Select(name => file.Violation(name, $"{name}: go through Contracts."))
            : [];

    private static bool IsWholeName(SyntaxNode node)
        => node is QualifiedNameSyntax or MemberAccessExpressionSyntax
            && node.Parent is not (QualifiedNameSyntax or MemberAccessExpressionSyntax);

    // Inside OrleansStream.* a name may also begin at its second part.
    private static bool IsBehind(string name)
    {
        var local = name.Replace("global::", "", StringComparison.Ordinal);
        local = local.StartsWith(Product, StringComparison.Ordinal) ? local[Product.Length..] : local;
        return s_behind.Any(part => local == part || local.StartsWith(part + ".", StringComparison.Ordinal));
    }
}
