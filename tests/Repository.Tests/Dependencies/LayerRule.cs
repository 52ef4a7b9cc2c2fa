namespace OrleansStream.Repository.Tests.Dependencies;

/// <summary>Who may know whom: docs/architecture.md draws it, this holds it.</summary>
internal static class LayerRule
{
    private const string Prefix = "OrleansStream.";

    private static readonly Dictionary<string, string[]> s_directReferences = new()
    {
        ["Contracts"] = [],
        ["Protocols"] = ["Contracts"],
        ["Engine"] = ["Protocols"],
        ["AzureStorage"] = ["Engine"],
        ["Embedded"] = ["Engine"],
        ["GrainInterfaces"] = ["Contracts"],
        ["Grains"] = ["GrainInterfaces", "Engine"],
        ["Silo"] = ["Embedded", "Grains", "AzureStorage"],
        ["Client"] = ["Contracts", "Protocols"],
        ["Cli"] = ["Client", "AzureStorage"],
    };

    // What a project must not touch, whichever way it came by it.
    private static readonly Dictionary<string, string[]> s_foreign = new()
    {
        ["Contracts"] = ["Microsoft.AspNetCore", "Microsoft.Extensions"],
        ["Protocols"] = ["Orleans", "Microsoft.AspNetCore", "Microsoft.Extensions", "System.Net", "System.IO.Pipes",
            "System.Diagnostics.Process", "System.Console"],
        ["Engine"] = ["Orleans", "Azure", "Microsoft.AspNetCore", "System.Net", "System.Console"],
        ["AzureStorage"] = ["Orleans", "Microsoft.AspNetCore"],
        ["Embedded"] = ["Orleans", "Azure", "Microsoft.AspNetCore"],
        ["Client"] = ["Orleans", "Microsoft.AspNetCore"],
    };

    public static IReadOnlyCollection<string> Projects => s_directReferences.Keys;

    /// <summary>Judges the project references written in a project file.</summary>
    public static IEnumerable<string> CheckProject(string project, IEnumerable<string> references)
        => s_directReferences.TryGetValue(project, out var allowed)
            ? references.Except(allowed).Select(reference => $"{project} may not reference {reference}.")
            : [$"{project} has no place in the layers."];

    /// <summary>Judges what a compiled assembly refers to.</summary>
    /// <param name="references">Assembly names.</param>
    public static IEnumerable<string> CheckAssembly(string project, IReadOnlyCollection<string> references)
    {
        var below = Below(project);
        var foreign = s_foreign.GetValueOrDefault(project, []);
        return references
            .Where(reference => reference.StartsWith(Prefix, StringComparison.Ordinal)
                ? !below.Contains(reference[Prefix.Length..])
                : foreign.Any(name => reference == name || reference.StartsWith(name + ".", StringComparison.Ordinal)))
            .Select(reference => $"{project} may not use {reference}.");
    }

    private static HashSet<string> Below(string project)
    {
        HashSet<string> below = [];
        foreach (var reference in s_directReferences[project])
        {
            below.Add(reference);
            below.UnionWith(Below(reference));
        }

        return below;
    }
}
