using System.ComponentModel.DataAnnotations;

namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>Limits for the Kafka listener. Bound from <c>Gateways:Kafka</c> and checked at start.</summary>
public sealed class KafkaGatewayOptions
{
    /// <summary>The port to listen on; 0 takes any free one.</summary>
    [Range(0, 65_535)]
    public int Port { get; init; } = 9092;

    /// <summary>
    /// The host name clients are told to connect to. Null tells each client the address it reached us by, which is
    /// right unless something in between translates addresses.
    /// </summary>
    public string? AdvertisedHost { get; init; }

    /// <summary>The port clients are told to connect to. Null means the one that is listened on.</summary>
    [Range(1, 65_535)]
    public int? AdvertisedPort { get; init; }

    /// <summary>
    /// The largest request accepted, in bytes; a longer one closes the connection. 100 MiB is what Kafka accepts,
    /// and so what producers are configured against.
    /// </summary>
    [Range(1_024, 512 * 1_024 * 1_024)]
    public int MaxFrameBytes { get; init; } = 100 * 1_024 * 1_024;

    /// <summary>How many requests a connection may have unanswered before it is no longer read.</summary>
    [Range(1, 1_024)]
    public int MaxInFlight { get; init; } = 64;

    /// <summary>
    /// How many bytes of requests a connection may have unanswered before it is no longer read. One request is
    /// always taken, however large: 16 MiB keep a fast producer busy without letting one connection fill the memory.
    /// </summary>
    [Range(1_024, 512 * 1_024 * 1_024)]
    public int MaxInFlightBytes { get; init; } = 16 * 1_024 * 1_024;
}
