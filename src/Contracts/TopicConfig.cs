using System.Globalization;

namespace OrleansStream.Contracts;

/// <summary>Whose clock a record's timestamp comes from.</summary>
public enum TimestampType
{
    /// <summary>The producer's.</summary>
    CreateTime,

    /// <summary>The log's, at the moment of the append.</summary>
    LogAppendTime,
}

/// <summary>What a record must have survived before consumers see it.</summary>
public enum Durability
{
    /// <summary>A journal flush.</summary>
    Flushed,

    /// <summary>
    /// Nothing: records since the last segment are lost when the process ends without a graceful stop.
    /// </summary>
    Memory,
}

/// <summary>A configuration a topic can have, by Kafka's name.</summary>
/// <param name="Type">
/// As Kafka names it: <c>long</c>, <c>int</c>, <c>double</c>, <c>string</c>, or <c>list</c>, divided by commas.
/// </param>
/// <param name="Default">What applies where the topic has no value of its own.</param>
public sealed record TopicConfigDefinition(string Name, string Type, string Default, string Documentation);

/// <summary>The configuration of a topic, checked and typed.</summary>
/// <remarks>
/// Names, meanings and defaults are Kafka's (its topic configuration reference), with <c>durability</c> added. -1 means
/// no limit for the two retentions.
/// </remarks>
public sealed record TopicConfig
{
    /// <summary>Every configuration there is, by name in ordinal order.</summary>
    public static IReadOnlyList<TopicConfigDefinition> Definitions { get; } =
    [
        new("cleanup.policy", "list", "delete",
            "delete: whole segments go past the retention. compact: of each key the last record stays. Or both."),
        new("compression.type", "string", "producer", "Batches are kept as the producer compressed them."),
        new("delete.retention.ms", "long", "86400000", "How long a tombstone stays at least once it was compacted."),
        new("durability", "string", "flushed", "flushed: seen once journaled. memory: seen at once, lost in a crash."),
        new("max.compaction.lag.ms", "long", "9223372036854775807",
            "How long a record may stay uncompacted, whatever min.cleanable.dirty.ratio says."),
        new("max.message.bytes", "int", "1048588", "The largest record batch accepted, in bytes."),
        new("message.timestamp.after.max.ms", "long", "3600000", "How far a record's time may lie in the future."),
        new("message.timestamp.before.max.ms", "long", "9223372036854775807", "How far a record's time may lie back."),
        new("message.timestamp.type", "string", "CreateTime", "CreateTime: the producer's; LogAppendTime: the log's."),
        new("min.cleanable.dirty.ratio", "double", "0.5",
            "Compaction begins when more than this part of a partition is new since the last one."),
        new("min.compaction.lag.ms", "long", "0", "How long a record stays uncompacted at least."),
        new("min.insync.replicas", "int", "1", "Only 1: durability comes from the storage, not from replicas."),
        new("retention.bytes", "long", "-1", "How many bytes a partition keeps at most; -1 for no limit."),
        new("retention.ms", "long", "604800000", "How long a record is kept; -1 for no limit."),
        new("segment.bytes", "int", "67108864", "The size of a segment, the unit of retention."),
    ];

    /// <summary>Null for no limit, as where nothing is dropped by its age.</summary>
    public TimeSpan? Retention { get; private init; }

    /// <summary>Null for no limit, as where nothing is dropped for its size.</summary>
    public long? RetentionBytes { get; private init; }

    /// <summary>Whether of each key only the last record is kept in the end.</summary>
    public bool IsCompacted { get; private init; }

    /// <summary>Milliseconds.</summary>
    public long MinCompactionLag { get; private init; }

    /// <summary>Milliseconds.</summary>
    public long MaxCompactionLag { get; private init; }

    /// <summary>How long tombstones stay, in milliseconds.</summary>
    public long DeleteRetention { get; private init; }

    /// <summary>From 0 to 1.</summary>
    public double MinCleanableDirtyRatio { get; private init; }

    public int SegmentBytes { get; private init; }

    public int MaxBatchBytes { get; private init; }

    public TimestampType TimestampType { get; private init; }

    /// <summary>Milliseconds.</summary>
    public long MaxTimestampAge { get; private init; }

    /// <summary>Milliseconds.</summary>
    public long MaxTimestampLead { get; private init; }

    public Durability Durability { get; private init; }

    /// <summary>What applies where a topic sets nothing.</summary>
    public static TopicConfig Default { get; } = Parse(new Dictionary<string, string>());

    public static bool IsKnown(string name) => Definitions.Any(definition => definition.Name == name);

    /// <summary>Reads a topic's own values over the defaults.</summary>
    /// <exception cref="FormatException">
    /// The message names the configuration, the value and what is allowed.
    /// </exception>
    public static TopicConfig Parse(IReadOnlyDictionary<string, string> values)
    {
        foreach (var name in values.Keys)
        {
            if (!IsKnown(name))
            {
                throw new FormatException($"Unknown topic configuration '{name}'.");
            }
        }

        var reader = new Reader(values);
        var policies = reader.SomeOf("cleanup.policy", "compact", "delete");
        reader.OneOf("compression.type", "producer");
        reader.Number("min.insync.replicas", 1, 1);
        var isDeleted = policies.Contains("delete");
        var retention = reader.Number("retention.ms", -1, long.MaxValue);
        var retentionBytes = reader.Number("retention.bytes", -1, long.MaxValue);
        var minLag = reader.Number("min.compaction.lag.ms", 0, long.MaxValue);
        return new TopicConfig
        {
            // Anything beyond what a TimeSpan holds is three times the age of writing: no limit.
            Retention = !isDeleted || retention < 0 || retention > TimeSpan.MaxValue.TotalMilliseconds
                ? null
                : TimeSpan.FromMilliseconds(retention),
            RetentionBytes = !isDeleted || retentionBytes < 0 ? null : retentionBytes,
            IsCompacted = policies.Contains("compact"),
            MinCompactionLag = minLag,
            MaxCompactionLag = reader.Number("max.compaction.lag.ms", Math.Max(1, minLag), long.MaxValue),
            DeleteRetention = reader.Number("delete.retention.ms", 0, long.MaxValue),
            MinCleanableDirtyRatio = reader.Fraction("min.cleanable.dirty.ratio"),
            SegmentBytes = (int)reader.Number("segment.bytes", 1_024, 1 << 30),
            MaxBatchBytes = (int)reader.Number("max.message.bytes", 0, 100 * 1_024 * 1_024),
            MaxTimestampAge = reader.Number("message.timestamp.before.max.ms", 0, long.MaxValue),
            MaxTimestampLead = reader.Number("message.timestamp.after.max.ms", 0, long.MaxValue),
            TimestampType = reader.OneOf("message.timestamp.type", "CreateTime", "LogAppendTime") == "CreateTime"
                ? TimestampType.CreateTime
                : TimestampType.LogAppendTime,
            Durability = reader.OneOf("durability", "flushed", "memory") == "flushed"
                ? Durability.Flushed
                : Durability.Memory,
        };
    }

    private readonly struct Reader(IReadOnlyDictionary<string, string> values)
    {
        public long Number(string name, long min, long max)
        {
            var text = Text(name);
            return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
                && number >= min
                && number <= max
                ? number
                : throw new FormatException($"{name} is '{text}' but must be a number from {min} to {max}.");
        }

        public double Fraction(string name)
        {
            var text = Text(name);
            return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
                && number is >= 0 and <= 1
                ? number
                : throw new FormatException($"{name} is '{text}' but must be a number from 0 to 1.");
        }

        public string[] SomeOf(string name, params ReadOnlySpan<string> allowed)
        {
            var text = Text(name);
            var values = text.Split(',', StringSplitOptions.TrimEntries);
            foreach (var value in values)
            {
                if (!allowed.Contains(value))
                {
                    throw new FormatException(
                        $"{name} is '{text}' but must be {string.Join(" or ", allowed!)}, or both by a comma.");
                }
            }

            return values;
        }

        public string OneOf(string name, params ReadOnlySpan<string> allowed)
        {
            var text = Text(name);
            return allowed.Contains(text)
                ? text
                : throw new FormatException($"{name} is '{text}' but must be {string.Join(" or ", allowed!)}.");
        }

        private string Text(string name)
            => values.TryGetValue(name, out var value)
                ? value
                : Definitions.First(definition => definition.Name == name).Default;
    }
}
