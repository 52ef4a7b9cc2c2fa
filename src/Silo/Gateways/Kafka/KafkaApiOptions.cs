using System.ComponentModel.DataAnnotations;

namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>What Kafka requests may do. Bound from <c>Gateways:Kafka:Apis</c> and checked at start.</summary>
public sealed class KafkaApiOptions
{
    /// <summary>Whether asking for the metadata of a topic that does not exist creates it, as in Kafka.</summary>
    public bool AutoCreateTopics { get; init; } = true;

    /// <summary>
    /// The most bytes of records one Fetch returns, whatever it asks for; a single larger batch still goes out. 55 MiB
    /// is Kafka's value, a little more than what consumers ask for by default.
    /// </summary>
    [Range(1_024, 1_024 * 1_024 * 1_024)]
    public int MaxFetchBytes { get; init; } = 55 * 1_024 * 1_024;

    /// <summary>The longest a Fetch waits for records, whatever it asks for. Consumers ask for half a second.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan MaxFetchWait { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// How many fetch sessions there may be at once; with 0 every Fetch names all its partitions. 1000 is Kafka's
    /// value.
    /// </summary>
    [Range(0, 100_000)]
    public int MaxFetchSessions { get; init; } = 1_000;

    /// <summary>The longest a Produce waits to be acknowledged, whatever it asks for. Producers ask for 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:10:00")]
    public TimeSpan MaxProduceTimeout { get; init; } = TimeSpan.FromMinutes(2);
}
