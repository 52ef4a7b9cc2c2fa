using OrleansStream.Contracts;

namespace OrleansStream.Engine.Groups;

/// <summary>How far one group has read.</summary>
internal sealed class CommittedOffsets(string groupId, GroupOutbox outbox)
{
    private readonly Dictionary<PartitionId, StoredOffset> _offsets = [];

    public int Count => _offsets.Count;

    public IEnumerable<PartitionId> Partitions => _offsets.Keys;

    /// <summary>Reads some, or all; a partition without an offset is left out.</summary>
    public IReadOnlyList<CommittedOffset> Find(IReadOnlyList<PartitionId>? partitions)
        => [.. (partitions ?? [.. _offsets.Keys])
            .Where(_offsets.ContainsKey)
            .Select(partition => _offsets[partition] is var stored
                ? new CommittedOffset(partition, stored.Offset, stored.LeaderEpoch, stored.Metadata)
                : default)];

    public void Commit(PartitionId partition, StoredOffset offset)
    {
        _offsets[partition] = offset;
        outbox.Write(ToRecord(partition, offset));
    }

    public void Delete(PartitionId partition)
    {
        if (_offsets.Remove(partition))
        {
            outbox.Write(new(KeyOf(partition), null));
        }
    }

    /// <summary>Deletes what nobody has asked to be kept any longer.</summary>
    /// <param name="emptySince">When the group lost its last member.</param>
    /// <param name="unixTime">Milliseconds since 1970.</param>
    public void Expire(long emptySince, TimeSpan retention, long unixTime)
    {
        foreach (var (partition, offset) in _offsets.ToArray())
        {
            var expiresAt = offset.ExpiresAt >= 0
                ? offset.ExpiresAt
                : Math.Max(offset.CommittedAt, emptySince) + (long)retention.TotalMilliseconds;
            if (expiresAt <= unixTime)
            {
                Delete(partition);
            }
        }
    }

    /// <summary>Puts back what was stored; null for nothing.</summary>
    public void Restore(PartitionId partition, StoredOffset? offset)
    {
        if (offset is { } stored)
        {
            _offsets[partition] = stored;
        }
        else
        {
            _offsets.Remove(partition);
        }
    }

    /// <summary>The records that would bring all of it back.</summary>
    public IEnumerable<GroupRecord> ToRecords() => _offsets.Select(pair => ToRecord(pair.Key, pair.Value));

    private GroupRecord ToRecord(PartitionId partition, StoredOffset offset)
        => new(KeyOf(partition), GroupRecords.Encode(offset));

    private byte[] KeyOf(PartitionId partition) => GroupRecords.EncodeKey(new(groupId, partition));
}
