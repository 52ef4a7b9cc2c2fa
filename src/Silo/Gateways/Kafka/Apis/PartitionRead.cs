using OrleansStream.Contracts;

namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>What one partition contributes to a Fetch. Owns the records it has read.</summary>
internal sealed class PartitionRead : IDisposable
{
    private readonly FetchPosition _position;
    private readonly IPartition? _partition;

    /// <summary>A partition to be read.</summary>
    public PartitionRead(in FetchPosition position, IPartition partition)
    {
        _position = position;
        _partition = partition;
        Reply = FetchReply.Refused(StreamError.None);
    }

    /// <summary>A partition that cannot be read.</summary>
    public PartitionRead(in FetchPosition position, StreamError error)
    {
        _position = position;
        Reply = FetchReply.Refused(error);
    }

    public FetchKey Key => _position.Key;

    public bool IsReadable => _partition is not null;

    /// <summary>The most bytes the client wants from this partition at once.</summary>
    public int MaxBytes => Math.Max(0, _position.Wanted.MaxBytes);

    /// <summary>Whether the partition holds more than the client takes of it at once: it has no more to give.</summary>
    public bool IsSaturated { get; set; }

    /// <summary>The latest answer.</summary>
    public FetchReply Reply { get; private set; }

    public int LengthBytes => Reply.Records.LengthBytes;

    /// <summary>Starts a read, which <see cref="ReceiveAsync"/> ends.</summary>
    public ValueTask<FetchReply> StartAsync(
        int maxBytes, int minBytes, TimeSpan maxWait, CancellationToken cancellationToken)
        => _partition!.FetchAsync(
            new(
                _position.Wanted.Offset, maxBytes, minBytes, maxWait, _position.Wanted.CurrentLeaderEpoch),
            cancellationToken);

    /// <summary>Takes the answer of a read in place of the one before.</summary>
    public async ValueTask ReceiveAsync(Task<FetchReply> reading)
    {
        var reply = await reading;
        Dispose();
        Reply = reply;
    }

    /// <summary>Gives the records back and keeps the rest of the answer.</summary>
    public void Drop()
    {
        Dispose();
        Reply = Reply with { Records = FetchedRecords.Empty };
    }

    /// <summary>Learns where the log stands, without reading.</summary>
    public async ValueTask ReadStatusAsync(CancellationToken cancellationToken)
    {
        var status = await _partition!.GetStatusAsync(cancellationToken);
        Dispose();
        Reply = new FetchReply(
            status.Error, status.LogStartOffset, status.HighWatermark, status.HighWatermark, FetchedRecords.Empty);
    }

    public void Dispose() => Reply.Records.Dispose();
}
