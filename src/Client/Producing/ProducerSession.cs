namespace OrleansStream.Client.Producing;

/// <summary>
/// As whom a producer writes to one partition: servers know it by id and epoch, and its batches by their sequences.
/// </summary>
/// <remarks>
/// Servers keep id, epoch and sequence for each partition by itself, so a partition whose sequence is broken begins a
/// new epoch alone. Owned by the partition's sender.
/// </remarks>
internal sealed class ProducerSession(ProducerIds ids)
{
    private long _producerId = -1;
    private short _epoch;
    private int _nextSequence;

    /// <summary>The sequence so many records later; it begins at zero again where the numbers end.</summary>
    public static int Advance(int sequence, int recordCount) => unchecked(sequence + recordCount) & int.MaxValue;

    /// <summary>The identity of the next batch.</summary>
    public async ValueTask<BatchIdentity> NextAsync(int recordCount, CancellationToken cancellationToken)
    {
        if (_producerId < 0)
        {
            _producerId = await ids.GetAsync(cancellationToken).ConfigureAwait(false);
        }

        var identity = new BatchIdentity(_producerId, _epoch, _nextSequence);
        _nextSequence = Advance(_nextSequence, recordCount);
        return identity;
    }

    /// <summary>
    /// Leaves a sequence behind in which a batch is missing. Only when the server has said so of the batch that comes
    /// next: then neither it nor any after it is stored.
    /// </summary>
    public void BeginEpoch()
    {
        _nextSequence = 0;
        if (++_epoch == short.MaxValue)
        {
            ids.Forget(_producerId);
            (_producerId, _epoch) = (-1, 0);
        }
    }
}
