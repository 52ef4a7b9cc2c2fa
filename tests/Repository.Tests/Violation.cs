using Xunit.Sdk;

namespace OrleansStream.Repository.Tests;

/// <summary>A place that breaks a rule.</summary>
/// <param name="Line">Counted from 1; 0 when the whole file is meant.</param>
internal sealed record Violation(string Path, int Line, string Message)
{
    /// <summary>Fails with every place on a line of its own.</summary>
    public static void AssertNone(IEnumerable<Violation> violations)
    {
        var found = violations.Select(violation => violation.ToString()).ToArray();
        if (found.Length > 0)
        {
            throw new XunitException(string.Join('\n', found));
        }
    }

    public override string ToString() => $"{Path}:{Line}: {Message}";
}
