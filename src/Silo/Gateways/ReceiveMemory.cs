using System.Numerics;

namespace OrleansStream.Silo.Gateways;

/// <summary>
/// The memory for requests that are being received or answered, over all connections of all gateways.
/// </summary>
/// <remarks>
/// A request takes all of its memory before its first byte is received, so that those half received never wait for
/// each other. Small requests have a quarter to themselves: heartbeats, metadata and fetches get through, however many
/// large ones are announced and never sent. Thread-safe.
/// </remarks>
internal sealed class ReceiveMemory(long capacityBytes)
{
    /// <summary>Up to here a request is a small one: four times the batch a producer sends by default.</summary>
    public const int MaxSmallBytes = 64 * 1_024;

    private readonly ByteShare _small = new(capacityBytes / 4);
    private readonly ByteShare _large = new(capacityBytes - (capacityBytes / 4));

    public ValueTask TakeAsync(int requestBytes, CancellationToken cancellationToken)
        => ShareOf(requestBytes).TakeAsync(HeldBytes(requestBytes), cancellationToken);

    public void Release(int requestBytes) => ShareOf(requestBytes).Release(HeldBytes(requestBytes));

    /// <summary>What a request of this length takes: the pool rents powers of two.</summary>
    public static long HeldBytes(int requestBytes) => BitOperations.RoundUpToPowerOf2((uint)requestBytes);

    private ByteShare ShareOf(int requestBytes) => requestBytes <= MaxSmallBytes ? _small : _large;
}
