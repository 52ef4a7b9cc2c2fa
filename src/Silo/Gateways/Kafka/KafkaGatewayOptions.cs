using System.ComponentModel.DataAnnotations;

namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>Address and limits of the Kafka listener. Bound from <c>Gateways:Kafka</c> and checked at start.</summary>
public sealed class KafkaGatewayOptions
{
    /// <summary>The port for Kafka clients; 0 takes any free one.</summary>
    [Range(0, 65_535)]
    public int Port { get; init; } = 9092;

    /// <summary>
    /// The host clients are told to connect to. By default each is told the address it reached us by.
    /// </summary>
    public string? AdvertisedHost { get; init; }

    /// <summary>The port clients are told to connect to. By default each is told the port it reached us by.</summary>
    [Range(1, 65_535)]
    public int? AdvertisedPort { get; init; }

    /// <summary>
    /// The largest request accepted, in bytes; a larger one closes its connection. As much as Kafka's brokers accept.
    /// </summary>
    [Range(1_024, 512 * 1_024 * 1_024)]
    public int MaxFrameBytes { get; init; } = 100 * 1_024 * 1_024;

    /// <summary>How many requests of a connection may be unanswered before it is no longer read.</summary>
    [Range(1, 1_024)]
    public int MaxInFlight { get; init; } = 64;

    /// <summary>
    /// How many bytes of requests of a connection may be unanswered before it is no longer read. 16 MiB keep a fast
    /// producer busy, and one connection cannot fill the memory.
    /// </summary>
    [Range(1_024, 512 * 1_024 * 1_024)]
    public int MaxInFlightBytes { get; init; } = 16 * 1_024 * 1_024;
}
