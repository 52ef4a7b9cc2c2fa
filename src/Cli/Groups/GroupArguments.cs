using System.CommandLine;

namespace OrleansStream.Cli.Groups;

/// <summary>What several verbs take.</summary>
internal static class GroupArguments
{
    public static Argument<string> CreateGroup() => new("GROUP") { Description = "The group's name." };
}
