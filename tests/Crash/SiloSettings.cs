namespace OrleansStream.Crash;

/// <summary>
/// Settings for the silo, another set for each start: limits so small that rolling, flushing, merging, retention and
/// trimming happen all the time, and so large that everything stays in the journal until the kill.
/// </summary>
internal static class SiloSettings
{
    private static readonly string[] s_smallJournal =
        ["Engine:Journal:MaxBytes=1048576", "Engine:Journal:MaxBlockBytes=4096"];

    private static readonly string[] s_smallMemory = ["Engine:MemoryBytes=1048576", "Engine:ReadBytes=1048576"];

    private static readonly string[] s_eagerMaintenance =
        ["Engine:IdleFlush=00:00:00.1", "Engine:RetentionInterval=00:00:00.1", "Engine:OpenSegments=16"];

    private static readonly string[][] s_sets =
    [
        [],
        s_smallJournal,
        s_smallMemory,
        s_eagerMaintenance,
        [.. s_smallJournal, .. s_smallMemory, .. s_eagerMaintenance],
    ];

    /// <summary>Options for the silo's command line.</summary>
    public static IEnumerable<string> Choose(Random random)
        => s_sets[random.Next(s_sets.Length)].SelectMany(setting => new[] { "--set", setting });
}
