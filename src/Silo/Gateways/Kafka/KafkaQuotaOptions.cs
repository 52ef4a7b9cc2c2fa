using System.ComponentModel.DataAnnotations;

namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>How quotas are enforced. Bound from <c>Gateways:Kafka:Quotas</c> and checked at start.</summary>
public sealed class KafkaQuotaOptions
{
    /// <summary>
    /// How many bytes a second each client id may produce for which no quota was set. By default as many as it can.
    /// </summary>
    [Range(1, long.MaxValue)]
    public long? ProduceByteRate { get; init; }

    /// <summary>
    /// How many bytes a second each client id may fetch for which no quota was set. By default as many as it can.
    /// </summary>
    [Range(1, long.MaxValue)]
    public long? FetchByteRate { get; init; }

    /// <summary>
    /// For how long a client may save up its rate. 10 s are about the window over which Kafka's brokers average.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan Burst { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The longest a client is told to wait; what it owes beyond that is forgiven.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan MaxThrottle { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How soon a quota that was set at another silo counts here.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00")]
    public TimeSpan RefreshInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// For how many clients it is known what they have used of each quota. The one not heard of for longest is
    /// forgotten first, so that names made up by a client cost nothing for long.
    /// </summary>
    [Range(1, 10_000_000)]
    public int MaxTrackedClients { get; init; } = 10_000;
}
