using OrleansStream.Contracts;
using OrleansStream.Engine.Storage;
using OrleansStream.Engine.Storage.Memory;

namespace OrleansStream.TestKit.Storage;

/// <summary>Segments in memory whose operations fail as planned.</summary>
internal sealed class FaultySegmentStore(FaultPlan plan, MemorySegmentStore segments) : ISegmentStore
{
    /// <summary>The segments a crash leaves: the committed ones.</summary>
    public async Task<MemorySegmentStore> CopyCommittedAsync()
    {
        var copy = new MemorySegmentStore();
        foreach (var partition in await segments.ListPartitionsAsync(CancellationToken.None))
        {
            foreach (var name in await segments.ListAsync(partition, CancellationToken.None))
            {
                await CopyAsync(partition, name, copy);
            }
        }

        return copy;
    }

    public async ValueTask<ISegmentWriter> CreateAsync(
        PartitionId partition, SegmentName name, CancellationToken cancellationToken)
    {
        // Until its commit nobody can tell whether the segment was begun.
        var operation = plan.Begin($"create segment {name}");
        return operation.Failure is { } failure
            ? throw failure
            : new Writer(plan, name, await segments.CreateAsync(partition, name, cancellationToken));
    }

    public ValueTask<ISegmentFile> OpenAsync(
        PartitionId partition, SegmentName name, CancellationToken cancellationToken)
    {
        plan.ThrowIfCrashed();
        return segments.OpenAsync(partition, name, cancellationToken);
    }

    public ValueTask<IReadOnlyList<SegmentName>> ListAsync(PartitionId partition, CancellationToken cancellationToken)
    {
        plan.ThrowIfCrashed();
        return segments.ListAsync(partition, cancellationToken);
    }

    public ValueTask<IReadOnlyList<PartitionId>> ListPartitionsAsync(CancellationToken cancellationToken)
    {
        plan.ThrowIfCrashed();
        return segments.ListPartitionsAsync(cancellationToken);
    }

    public ValueTask DeleteAsync(PartitionId partition, SegmentName name, CancellationToken cancellationToken)
        => plan.Begin($"delete segment {name}")
            .RunAsync(() => segments.DeleteAsync(partition, name, cancellationToken));

    public ValueTask DeletePartitionAsync(PartitionId partition, CancellationToken cancellationToken)
        => plan.Begin($"delete segments of {partition}")
            .RunAsync(() => segments.DeletePartitionAsync(partition, cancellationToken));

    public ValueTask SweepAsync(PartitionId partition, CancellationToken cancellationToken)
        => plan.Begin($"sweep segments of {partition}")
            .RunAsync(() => segments.SweepAsync(partition, cancellationToken));

    private async Task CopyAsync(PartitionId partition, SegmentName name, MemorySegmentStore target)
    {
        await using var reader = await segments.OpenAsync(partition, name, CancellationToken.None);
        var bytes = new byte[reader.LengthBytes];
        await reader.ReadAsync(0, bytes, CancellationToken.None);
        await using var writer = await target.CreateAsync(partition, name, CancellationToken.None);
        await writer.WriteAsync(bytes, CancellationToken.None);
        await writer.CommitAsync(CancellationToken.None);
    }

    private sealed class Writer(FaultPlan plan, SegmentName name, ISegmentWriter segment) : ISegmentWriter
    {
        private bool _failed;

        public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
            => RunAsync("write", () => segment.WriteAsync(bytes, cancellationToken));

        public ValueTask CommitAsync(CancellationToken cancellationToken)
            => RunAsync("commit", () => segment.CommitAsync(cancellationToken));

        public ValueTask DisposeAsync() => segment.DisposeAsync();

        private async ValueTask RunAsync(string what, Func<ValueTask> operation)
        {
            var planned = plan.Begin($"{what} segment {name}");
            if (_failed)
            {
                throw new InvalidOperationException($"Segment {name} has failed.");
            }

            _failed = planned.Failure is not null;
            await planned.RunAsync(operation);
        }
    }
}
