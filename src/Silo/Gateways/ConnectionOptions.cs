using System.ComponentModel.DataAnnotations;

namespace OrleansStream.Silo.Gateways;

/// <summary>
/// What every gateway allows its connections. Bound from <c>Gateways:Connections</c> and checked at start.
/// </summary>
public sealed class ConnectionOptions
{
    /// <summary>How many connections all gateways together serve at once; one more is closed when it arrives.</summary>
    [Range(1, 1_000_000)]
    public int MaxCount { get; init; } = 10_000;

    /// <summary>
    /// How many connections one IP address may have; one more is closed when it arrives. By default as many as there
    /// may be at all, because many clients can stand behind one address.
    /// </summary>
    [Range(1, 1_000_000)]
    public int? MaxCountPerAddress { get; init; }

    /// <summary>
    /// How many new connections a second are accepted, over a burst of one second's worth; more wait in the operating
    /// system until it is their turn, as with Kafka's brokers. By default as many as come.
    /// </summary>
    [Range(1, 1_000_000)]
    public int? MaxAcceptRate { get; init; }

    /// <summary>How long a new connection may take to send its first request.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00")]
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// How long a connection may be silent while nothing is being answered. Kafka's brokers wait as long.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long a client may stall in the middle of a request it sends or of a reply it should read.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How many bytes a second of a request a client has to send at least, on average, after the first
    /// <see cref="StallTimeout"/>. 128 KiB are what a line of 1 Mbit/s carries; a request of 1 MiB has 38 s.
    /// </summary>
    [Range(1, 1_024 * 1_024 * 1_024)]
    public int MinReceiveRate { get; init; } = 128 * 1_024;

    /// <summary>
    /// The bytes of requests that are being received or answered, over all connections; beyond them connections are
    /// read no more until others have been answered. A quarter is kept for requests of up to 64 KiB. 512 MiB are as
    /// much as the batches that may wait in memory for their segments.
    /// </summary>
    [Range(1L << 20, 1L << 40)]
    public long ReceiveBytes { get; init; } = 512L << 20;

    /// <summary>How long a stop waits for requests in flight to be answered before it cuts their connections.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(3);
}
