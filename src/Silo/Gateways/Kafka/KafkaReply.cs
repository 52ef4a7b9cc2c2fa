using OrleansStream.Protocols;

namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>
/// One reply, encoded: its bytes with the length prefix, and what has to be released once they are sent.
/// </summary>
/// <remarks>
/// The pieces may be the log's own memory, so that records go from the log to the connection with a single copy.
/// Whoever holds the reply disposes it exactly once, whether it was written or not.
/// </remarks>
internal sealed class KafkaReply : IDisposable
{
    private readonly IDisposable? _owner;

    /// <summary>A reply in one buffer, which the reply owns.</summary>
    public KafkaReply(PooledBuffer bytes)
        : this(bytes.Memory, [], bytes)
    {
    }

    /// <param name="head">The first piece: the length prefix and at least the response header.</param>
    /// <param name="rest">The pieces after it, in order.</param>
    /// <param name="owner">Releases the memory of all pieces. Null when the garbage collector does.</param>
    public KafkaReply(ReadOnlyMemory<byte> head, IReadOnlyList<ReadOnlyMemory<byte>> rest, IDisposable? owner)
    {
        Head = head;
        Rest = rest;
        _owner = owner;
    }

    /// <summary>The answer to a request that gets none, such as a Produce with acks=0. Writes nothing.</summary>
    public static KafkaReply None { get; } = new(ReadOnlyMemory<byte>.Empty, [], owner: null);

    public ReadOnlyMemory<byte> Head { get; }

    public IReadOnlyList<ReadOnlyMemory<byte>> Rest { get; }

    /// <summary>Why the connection ends once this is sent: its client could not log in. Null when it goes on.</summary>
    public string? Refusal { get; init; }

    public void Dispose() => _owner?.Dispose();
}
