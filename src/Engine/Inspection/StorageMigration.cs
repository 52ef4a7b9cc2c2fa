using Microsoft.Extensions.Logging.Abstractions;
using OrleansStream.Engine.Hosting;
using OrleansStream.Engine.Hosting.Catalog;
using OrleansStream.Engine.Log;
using OrleansStream.Engine.Quotas;
using OrleansStream.Engine.Storage;
using OrleansStream.Engine.Topics;

namespace OrleansStream.Engine.Inspection;

/// <summary>How far a migration is, in segments and in bytes of them.</summary>
/// <param name="SkippedSegments">Those that an earlier, interrupted run had copied.</param>
public readonly record struct MigrationProgress(
    int Segments, int TotalSegments, int SkippedSegments, long Bytes, long TotalBytes);

/// <summary>Copies a cluster from one storage to another, empty one, of whatever kinds.</summary>
/// <remarks>
/// Both are held by this process alone meanwhile. What is in the source's journals goes into segments first, as when a
/// silo opens it. A row in the target says that it is not whole, which no silo opens; it goes in the same batch in
/// which the cluster's identity comes. So a run that was interrupted can be repeated: it copies what is not there.
/// Each segment is read back from the target and checked. The source keeps all it has.
/// </remarks>
public sealed class StorageMigration(IStorage source, IStorage target)
{
    private const int PieceBytes = 4 * 1_024 * 1_024;

    /// <param name="progress">Called at the start and after each segment.</param>
    /// <exception cref="InvalidOperationException">There is nothing to copy, or the target is not empty.</exception>
    /// <exception cref="StorageDamagedException">A segment is damaged, here or there.</exception>
    /// <exception cref="IOException">A storage cannot be read or written.</exception>
    public async Task<MigrationProgress> RunAsync(
        Action<MigrationProgress> progress, CancellationToken cancellationToken)
    {
        var id = await ClusterRows.FindAsync(source.Tables, cancellationToken).ConfigureAwait(false) is { } identity
            ? identity.ClusterId
            : throw new InvalidOperationException("The source holds no cluster.");
        await MarkAsync(id, cancellationToken).ConfigureAwait(false);
        await EmptyJournalsAsync(cancellationToken).ConfigureAwait(false);

        var cluster = await StoredCluster.ReadAsync(source.Tables, cancellationToken).ConfigureAwait(false);
        var state = new MigrationProgress(
            0, cluster.Partitions.Sum(partition => partition.Segments.Count), 0, 0,
            cluster.Partitions.Sum(partition => partition.FileBytes));
        progress(state);
        foreach (var partition in cluster.Partitions)
        {
            var there = await target.Segments.ListAsync(partition.Id, cancellationToken).ConfigureAwait(false);
            foreach (var segment in partition.Segments)
            {
                var isThere = there.Contains(segment.Name)
                    && await IsWholeAsync(partition, segment, cancellationToken).ConfigureAwait(false);
                if (!isThere)
                {
                    await CopyAsync(partition, segment, cancellationToken).ConfigureAwait(false);
                }

                state = state with
                {
                    Segments = state.Segments + 1,
                    SkippedSegments = state.SkippedSegments + (isThere ? 1 : 0),
                    Bytes = state.Bytes + segment.FileBytes,
                };
                progress(state);
            }

            await WriteRowsAsync(partition).ConfigureAwait(false);
        }

        await CopyRowsAsync(TopicRows.Table, TopicRows.PartitionKey, cancellationToken).ConfigureAwait(false);
        await CopyRowsAsync(QuotaRows.Table, QuotaRows.PartitionKey, cancellationToken).ConfigureAwait(false);
        await CopyRowsAsync(SecurityRows.Table, SecurityRows.PartitionKey, cancellationToken).ConfigureAwait(false);
        await CompleteAsync(cancellationToken).ConfigureAwait(false);
        return state;
    }

    private async Task MarkAsync(string id, CancellationToken cancellationToken)
    {
        if (await ClusterRows.FindAsync(target.Tables, cancellationToken).ConfigureAwait(false) is { } other)
        {
            throw new InvalidOperationException($"The target already holds cluster {other.ClusterId}.");
        }

        var begun = await ClusterRows.FindMigrationAsync(target.Tables, cancellationToken).ConfigureAwait(false);
        if (begun is not null && begun.ClusterId != id)
        {
            throw new InvalidOperationException(
                $"The target holds part of cluster {begun.ClusterId}, the source is cluster {id}.");
        }

        await target.Tables
            .ExecuteAsync(
                ClusterRows.Table,
                ClusterRows.PartitionKey,
                [new(TableOperationKind.Upsert, ClusterRows.MigrationKey, ClusterRows.Encode(new MigrationRow(id)))],
                CancellationToken.None)
            .ConfigureAwait(false);
    }

    private async Task EmptyJournalsAsync(CancellationToken cancellationToken)
    {
        var store = await LogStore
            .OpenAsync(source, new EngineOptions(), TimeProvider.System, NullLoggerFactory.Instance, cancellationToken)
            .ConfigureAwait(false);
        await store.DisposeAsync().ConfigureAwait(false);
        var journals = await StoredJournal.ReadAllAsync(source.Journals, cancellationToken).ConfigureAwait(false);
        if (journals.FirstOrDefault(file => file.Damage is not null || file.Batches > 0) is { } left)
        {
            throw new StorageDamagedException(
                $"Journal file {left.Name}", 0, left.Damage ?? "Its records could not be written to segments.");
        }
    }

    // An earlier run may have been interrupted before it had read back what it wrote.
    private async Task<bool> IsWholeAsync(
        StoredPartition partition, SegmentEntry segment, CancellationToken cancellationToken)
    {
        try
        {
            await CheckAsync(partition, segment, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (StorageDamagedException)
        {
            await target.Segments.DeleteAsync(partition.Id, segment.Name, CancellationToken.None).ConfigureAwait(false);
            return false;
        }
    }

    private async Task CopyAsync(StoredPartition partition, SegmentEntry segment, CancellationToken cancellationToken)
    {
        var from = await source.Segments.OpenAsync(partition.Id, segment.Name, cancellationToken).ConfigureAwait(false);
        await using (from.ConfigureAwait(false))
        {
            var to = await target.Segments.CreateAsync(partition.Id, segment.Name, cancellationToken)
                .ConfigureAwait(false);
            await using (to.ConfigureAwait(false))
            {
                await CopyAsync(from, to, cancellationToken).ConfigureAwait(false);
                await to.CommitAsync(cancellationToken).ConfigureAwait(false);
            }
        }

        await CheckAsync(partition, segment, cancellationToken).ConfigureAwait(false);
    }

    private async Task CheckAsync(StoredPartition partition, SegmentEntry segment, CancellationToken cancellationToken)
    {
        var copy = await target.Segments.OpenAsync(partition.Id, segment.Name, cancellationToken).ConfigureAwait(false);
        await using (copy.ConfigureAwait(false))
        {
            await SegmentCheck
                .RunAsync(partition.Describe(segment), segment, copy, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task CopyAsync(ISegmentFile from, ISegmentWriter to, CancellationToken cancellationToken)
    {
        var buffer = new byte[Math.Min(PieceBytes, Math.Max(1, from.LengthBytes))];
        for (var position = 0L; position < from.LengthBytes;)
        {
            var read = await from.ReadAsync(position, buffer, cancellationToken).ConfigureAwait(false);
            if (read == 0)
            {
                return; // Shorter than it says: the check tells.
            }

            await to.WriteAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
            position += read;
        }
    }

    // The journals that the head names stay behind: they are empty.
    private Task WriteRowsAsync(StoredPartition partition)
        => WriteAsync(
            PartitionRows.Table,
            partition.Id.ToString(),
            [
                .. partition.Segments.Select(segment => new TableOperation(
                    TableOperationKind.Upsert, PartitionRows.SegmentKey(segment.Name), PartitionRows.Encode(segment))),
                new(
                    TableOperationKind.Upsert,
                    PartitionRows.HeadKey,
                    PartitionRows.Encode(partition.Head with { Journals = [] })),
            ]);

    private async Task CopyRowsAsync(string table, string partitionKey, CancellationToken cancellationToken)
    {
        var rows = await source.Tables.QueryAsync(table, partitionKey, cancellationToken).ConfigureAwait(false);
        await WriteAsync(
            table,
            partitionKey,
            [.. rows.Select(row => new TableOperation(TableOperationKind.Upsert, row.RowKey, row.Value))])
            .ConfigureAwait(false);
    }

    private async Task WriteAsync(string table, string partitionKey, IReadOnlyList<TableOperation> operations)
    {
        const int MaxBatch = TableLimits.BatchValueBytes / TableLimits.ValueBytes;
        foreach (var batch in operations.Chunk(MaxBatch))
        {
            await target.Tables.ExecuteAsync(table, partitionKey, batch, CancellationToken.None).ConfigureAwait(false);
        }
    }

    // The identity and the producer ids come, and the mark goes, at once.
    private async Task CompleteAsync(CancellationToken cancellationToken)
    {
        var rows = await source.Tables
            .QueryAsync(ClusterRows.Table, ClusterRows.PartitionKey, cancellationToken).ConfigureAwait(false);
        TableOperation[] operations =
        [
            .. rows.Select(row => new TableOperation(TableOperationKind.Insert, row.RowKey, row.Value)),
            new(TableOperationKind.Delete, ClusterRows.MigrationKey),
        ];
        await target.Tables
            .ExecuteAsync(ClusterRows.Table, ClusterRows.PartitionKey, operations, CancellationToken.None)
            .ConfigureAwait(false);
    }
}
