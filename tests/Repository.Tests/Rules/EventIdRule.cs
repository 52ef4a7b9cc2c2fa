using System.Globalization;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace OrleansStream.Repository.Tests.Rules;

/// <summary>An event id names one log message of the system and tells by its thousands where it comes from.</summary>
internal static class EventIdRule
{
    // The longest folder that fits wins.
    private static readonly (string Folder, int Block)[] s_blocks =
    [
        ("src/Silo/Gateways/", 4),
        ("src/Silo/", 1),
        ("src/Engine/", 2),
        ("src/Embedded/", 2),
        ("src/Grains/", 3),
        ("src/Client/", 5),
    ];

    public static IEnumerable<Violation> Check(IEnumerable<CSharpFile> files)
    {
        var seen = new Dictionary<int, string>();
        foreach (var (file, argument) in files.SelectMany(Ids))
        {
            var text = argument.Expression.ToString();
            if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id))
            {
                yield return file.Violation(argument, "An event id is written as a number.");
            }
            else if (!seen.TryAdd(id, file.Path))
            {
                yield return file.Violation(argument, $"Event id {id} is already used in {seen[id]}.");
            }
            else if (BlockOf(file.Path) is var block && id / 1_000 != block)
            {
                yield return file.Violation(argument, $"Event id {id} is not in this folder's block, {block}xxx.");
            }
        }
    }

    private static IEnumerable<(CSharpFile File, AttributeArgumentSyntax Argument)> Ids(CSharpFile file)
        => file.Root.DescendantNodes()
            .OfType<AttributeSyntax>()
            .Where(attribute => attribute.Name.ToString() is "LoggerMessage" or "LoggerMessageAttribute")
            .Select(attribute => attribute.ArgumentList!.Arguments)
            .Select(arguments => arguments.FirstOrDefault(IsNamedEventId) ?? arguments[0])
            .Select(argument => (file, argument));

    private static bool IsNamedEventId(AttributeArgumentSyntax argument)
        => (argument.NameEquals?.Name ?? argument.NameColon?.Name)?.Identifier.ValueText is "EventId" or "eventId";

    private static int BlockOf(string path)
        => s_blocks.FirstOrDefault(block => path.StartsWith(block.Folder, StringComparison.Ordinal)).Block;
}
