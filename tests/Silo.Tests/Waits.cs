namespace OrleansStream.Silo.Tests;

/// <summary>How long a test waits for a signal before it counts as lost.</summary>
internal static class Waits
{
    public static TimeSpan Long { get; } = TimeSpan.FromSeconds(30);
}
