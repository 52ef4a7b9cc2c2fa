using OrleansStream.Contracts;
using OrleansStream.Protocols.Kafka.Messages;

namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>What one partition contributes to a Fetch. Owns the records it has read.</summary>
internal sealed class PartitionRead : IDisposable
{
    private readonly FetchPartition _wanted;
    private readonly IPartition? _partition;

    /// <summary>A partition to be read.</summary>
    public PartitionRead(in FetchPartition wanted, IPartition partition)
    {
        _wanted = wanted;
        _partition = partition;
        Reply = FetchReply.Refused(StreamError.None);
    }

    /// <summary>A partition that cannot be read.</summary>
    public PartitionRead(in FetchPartition wanted, StreamError error)
    {
        _wanted = wanted;
        Reply = FetchReply.Refused(error);
    }

    public int Index => _wanted.Index;

    public bool IsReadable => _partition is not null;

    /// <summary>The most bytes the client wants from this partition at once.</summary>
    public int MaxBytes => Math.Max(0, _wanted.MaxBytes);

    /// <summary>The latest answer.</summary>
    public FetchReply Reply { get; private set; }

    public int LengthBytes => Reply.Records.LengthBytes;

    /// <summary>Starts a read, which <see cref="ReceiveAsync"/> ends.</summary>
    public ValueTask<FetchReply> StartAsync(
        int maxBytes, int minBytes, TimeSpan maxWait, CancellationToken cancellationToken)
        => _partition!.FetchAsync(
            new(_wanted.Offset, maxBytes, minBytes, maxWait, _wanted.CurrentLeaderEpoch), cancellationToken);

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
