using System.ComponentModel.DataAnnotations;
using OrleansStream.Contracts;
using OrleansStream.Protocols.Batches;

namespace OrleansStream.Client;

/// <summary>How records are gathered and sent. Bound from the section <c>OrleansStream:Producer</c>.</summary>
public sealed class ProducerOptions
{
    /// <summary>What must have happened before a record counts as sent. The default survives a crash.</summary>
    public Acks Acks { get; init; } = Acks.All;

    /// <summary>
    /// Whether what is sent again after a lost answer is stored once. It costs nothing; without it, only one batch of a
    /// partition is on its way at a time, so that order is kept.
    /// </summary>
    public bool Idempotent { get; init; } = true;

    /// <summary>None, Gzip, Snappy or Lz4.</summary>
    public CompressionCodec Compression { get; init; } = CompressionCodec.None;

    /// <summary>
    /// How long a batch waits for more records. As long as other clients wait: it makes batches larger under load, and
    /// is the least latency of a record that is awaited alone.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan Linger { get; init; } = TimeSpan.FromMilliseconds(5);

    /// <summary>
    /// How large a batch gets before it is sent, in bytes before compression. A record may be larger.
    /// </summary>
    [Range(1, 64 * 1_024 * 1_024)]
    public int BatchBytes { get; init; } = 128 * 1_024;

    /// <summary>How many bytes may wait to be sent or answered; beyond that, sending waits.</summary>
    [Range(1_024, long.MaxValue)]
    public long BufferBytes { get; init; } = 64L * 1_024 * 1_024;

    /// <summary>How many batches of one partition are on their way at once; servers remember five.</summary>
    [Range(1, 5)]
    public int MaxInFlight { get; init; } = 5;

    /// <summary>How long a record may take, all waiting and all attempts together, before it is given up.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "24:00:00")]
    public TimeSpan DeliveryTimeout { get; init; } = TimeSpan.FromMinutes(2);
}
