using OrleansStream.Crash.Model;

namespace OrleansStream.Crash.Load;

/// <summary>The topics of a run, with small segments, so that they roll, merge and go between any two kills.</summary>
internal sealed class Topics
{
    /// <summary>Takes most of the load; records are deleted and configurations altered.</summary>
    public TrackedTopic Orders { get; } = new("orders", 3, Configs(("segment.bytes", "16384")));

    /// <summary>Loses its oldest segments all the time, and has its records stamped by the log.</summary>
    public TrackedTopic Metrics { get; } = new(
        "metrics",
        1,
        Configs(
            ("segment.bytes", "4096"), ("retention.bytes", "65536"), ("message.timestamp.type", "LogAppendTime")));

    /// <summary>Gets more partitions.</summary>
    public TrackedTopic Growing { get; } = new("growing", 1, Configs());

    /// <summary>Is deleted and created again.</summary>
    public TrackedTopic Reborn { get; } = new("reborn", 2, Configs(("segment.bytes", "1024")));

    public IReadOnlyList<TrackedTopic> All => [Orders, Metrics, Growing, Reborn];

    private static Dictionary<string, string> Configs(params (string Name, string Value)[] configs)
        => configs.ToDictionary(config => config.Name, config => config.Value);
}
