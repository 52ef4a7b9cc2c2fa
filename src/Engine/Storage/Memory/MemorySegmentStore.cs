using System.Collections.Concurrent;
using OrleansStream.Contracts;

namespace OrleansStream.Engine.Storage.Memory;

/// <summary>Keeps segments in memory.</summary>
public sealed class MemorySegmentStore : ISegmentStore
{
    private readonly ConcurrentDictionary<(PartitionId Partition, SegmentName Name), Segment> _segments = new();

    public async ValueTask<ISegmentWriter> CreateAsync(
        PartitionId partition, SegmentName name, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var segment = new Segment();
        return _segments.TryAdd((partition, name), segment)
            ? new Writer(this, (partition, name), segment)
            : throw new IOException($"Segment {name} of partition {partition} exists or is being written.");
    }

    public async ValueTask<ISegmentFile> OpenAsync(
        PartitionId partition, SegmentName name, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return _segments.TryGetValue((partition, name), out var segment) && segment.IsCommitted
            ? new MemoryReader(segment.File.Content)
            : throw new FileNotFoundException($"There is no segment {name} of partition {partition}.", name.ToString());
    }

    public async ValueTask<IReadOnlyList<SegmentName>> ListAsync(
        PartitionId partition, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return [.. _segments.Where(s => s.Key.Partition == partition && s.Value.IsCommitted).Select(s => s.Key.Name)];
    }

    public async ValueTask<IReadOnlyList<PartitionId>> ListPartitionsAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return [.. _segments.Keys.Select(key => key.Partition).Distinct()];
    }

    public async ValueTask DeleteAsync(PartitionId partition, SegmentName name, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_segments.TryGetValue((partition, name), out var segment) && segment.IsCommitted)
        {
            _segments.TryRemove(new((partition, name), segment));
        }
    }

    public async ValueTask DeletePartitionAsync(PartitionId partition, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        foreach (var key in _segments.Keys.Where(key => key.Partition == partition))
        {
            _segments.TryRemove(key, out _);
        }
    }

    // A writer that was never disposed can only belong to this process, and it still may commit.
    public ValueTask SweepAsync(PartitionId partition, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    private sealed class Segment
    {
        private volatile bool _committed;

        public MemoryFile File { get; } = new();

        public bool IsCommitted
        {
            get => _committed;
            set => _committed = value;
        }
    }

    private sealed class Writer(
        MemorySegmentStore store, (PartitionId Partition, SegmentName Name) key, Segment segment) : ISegmentWriter
    {
        public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        {
            cancellationToken.ThrowIfCancellationRequested();
            ThrowIfCommitted();
            segment.File.Append(bytes.Span);
        }

        public async ValueTask CommitAsync(CancellationToken cancellationToken)
        {
            cancellationToken.ThrowIfCancellationRequested();
            ThrowIfCommitted();
            if (!store._segments.TryGetValue(key, out var current) || current != segment)
            {
                throw new IOException($"Segment {key.Name} of partition {key.Partition} was deleted meanwhile.");
            }

            segment.IsCommitted = true;
        }

        public ValueTask DisposeAsync()
        {
            if (!segment.IsCommitted)
            {
                store._segments.TryRemove(new(key, segment));
            }

            return ValueTask.CompletedTask;
        }

        private void ThrowIfCommitted()
        {
            if (segment.IsCommitted)
            {
                throw new InvalidOperationException($"Segment {key.Name} is committed.");
            }
        }
    }
}
