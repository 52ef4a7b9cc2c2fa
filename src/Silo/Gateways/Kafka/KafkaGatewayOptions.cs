using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>Address and limits of the Kafka listener. Bound from <c>Gateways:Kafka</c> and checked at start.</summary>
public sealed class KafkaGatewayOptions
{
    [Description("The port for Kafka clients; 0 takes any free one.")]
    [Range(0, 65_535)]
    public int Port { get; init; } = 9092;

    [Description("The host clients are told to connect to. By default each is told the address it reached us by.")]
    public string? AdvertisedHost { get; init; }

    [Description("The port clients are told to connect to. By default each is told the port it reached us by.")]
    [Range(1, 65_535)]
    public int? AdvertisedPort { get; init; }

    // As much as Kafka's brokers accept, and so what producers are configured against.
    [Description("The largest request accepted, in bytes. A larger one closes its connection.")]
    [Range(1_024, 512 * 1_024 * 1_024)]
    public int MaxFrameBytes { get; init; } = 100 * 1_024 * 1_024;

    [Description("How many requests of a connection may be unanswered before it is no longer read.")]
    [Range(1, 1_024)]
    public int MaxInFlight { get; init; } = 64;

    // Keeps a fast producer busy while one connection cannot fill the memory.
    [Description("How many bytes of requests of a connection may be unanswered before it is no longer read.")]
    [Range(1_024, 512 * 1_024 * 1_024)]
    public int MaxInFlightBytes { get; init; } = 16 * 1_024 * 1_024;
}
