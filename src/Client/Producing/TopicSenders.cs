using OrleansStream.Client.Connections;

namespace OrleansStream.Client.Producing;

/// <summary>The senders of one topic's partitions, begun when a partition gets its first record.</summary>
/// <remarks>Thread-safe; the array is replaced, never changed, when the topic has grown.</remarks>
internal sealed class TopicSenders(string topic, int batchBytes, Func<TopicPartition, PartitionSender> create)
    : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly StickyPartition _sticky = new(batchBytes);
    private readonly SemaphoreSlim _door = new(1, 1);
    private volatile PartitionSender?[] _senders = [];
    private int _waiting;

    /// <summary>Whether records wait to be taken, so that one that comes now must not go before them.</summary>
    public bool HasWaiting => Volatile.Read(ref _waiting) > 0;

    /// <summary>Lets one record in after the other, in the order of the calls.</summary>
    public async Task EnterAsync(Func<Task> append, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _waiting);
        try
        {
            await _door.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                await append().ConfigureAwait(false);
            }
            finally
            {
                _door.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    /// <summary>The sender of the partition that the record goes to.</summary>
    /// <exception cref="ArgumentException">The record names a partition that the topic does not have.</exception>
    public PartitionSender Choose(in OutgoingRecord record, int recordBytes, KnownTopic known, out int partition)
    {
        partition = record switch
        {
            { Partition: { } chosen } when chosen >= 0 && chosen < known.PartitionCount => chosen,
            { Partition: { } chosen } => throw new ArgumentException(
                $"{topic} has partitions 0 to {known.PartitionCount - 1}, not {chosen}.", nameof(record)),
            { Key: { } key } => Murmur2.Partition(key.Span, known.PartitionCount),
            _ => _sticky.Choose(known, recordBytes),
        };
        var senders = _senders;
        return partition < senders.Length && senders[partition] is { } sender ? sender : Create(partition);
    }

    /// <summary>Sends what there is; completes when everything up to now is done.</summary>
    public Task FlushAsync() => Task.WhenAll(_senders.OfType<PartitionSender>().Select(sender => sender.FlushAsync()));

    public async ValueTask DisposeAsync()
    {
        foreach (var sender in _senders.OfType<PartitionSender>())
        {
            await sender.DisposeAsync().ConfigureAwait(false);
        }

        _door.Dispose();
    }

    private PartitionSender Create(int partition)
    {
        lock (_gate)
        {
            var senders = _senders;
            if (partition < senders.Length && senders[partition] is { } sender)
            {
                return sender;
            }

            var grown = new PartitionSender?[Math.Max(senders.Length, partition + 1)];
            senders.CopyTo(grown, 0);
            grown[partition] = sender = create(new TopicPartition(topic, partition));
            _senders = grown;
            return sender;
        }
    }
}
