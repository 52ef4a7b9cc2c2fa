using OrleansStream.Client.Connections;

namespace OrleansStream.Client.Producing;

/// <summary>
/// Where a topic's records without a key go: to one partition until a batch is full, then to another, so that batches
/// are large and all partitions get their share.
/// </summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class StickyPartition(int batchBytes)
{
    private readonly Lock _gate = new();
    private int _partition = -1;
    private long _bytes;

    public int Choose(KnownTopic topic, int recordBytes)
    {
        lock (_gate)
        {
            if (_partition < 0 || _bytes >= batchBytes
                || _partition >= topic.PartitionCount || topic.Leaders[_partition] < 0)
            {
                _partition = Next(topic);
                _bytes = 0;
            }

            _bytes += recordBytes;
            return _partition;
        }
    }

    // Any but the one that was filled last, and rather one that can take records now.
    private int Next(KnownTopic topic)
    {
        var count = topic.PartitionCount;
        var first = _partition < 0 || count == 1
            ? Jitter.Next(count)
            : (_partition + 1 + Jitter.Next(count - 1)) % count;
        for (var i = 0; i < count; i++)
        {
            var candidate = (first + i) % count;
            if (topic.Leaders[candidate] >= 0)
            {
                return candidate;
            }
        }

        return first;
    }
}
