using System.Diagnostics;
using OrleansStream.Contracts;
using OrleansStream.Engine.Log;
using OrleansStream.Engine.Storage;

namespace OrleansStream.Engine.Hosting;

/// <summary>A change of a partition's rows failed and may or may not have been done.</summary>
internal sealed class ManifestFaultException(PartitionId partition, Exception cause)
    : IOException($"The manifest of partition {partition} could not be changed: {cause.Message}", cause);

/// <summary>The rows and segment files of one partition.</summary>
/// <remarks>
/// Every change is one conditional batch on the partition's rows: a segment is durable before the row that names it,
/// and a row is gone before the file it named. Any fault of the table leaves it unknown what was done, so the owner
/// must be opened anew. Not thread-safe: used by recovery, then by the partition's maintenance.
/// </remarks>
internal sealed class PartitionStore
{
    private readonly PartitionId _id;
    private readonly IStorage _storage;
    private string? _headETag;
    private long _nextGeneration;

    private PartitionStore(PartitionId id, IStorage storage, PartitionHead head, string? headETag)
    {
        _id = id;
        _storage = storage;
        _headETag = headETag;
        _nextGeneration = head.Generation;
        Head = head;
    }

    public PartitionHead Head { get; private set; }

    /// <summary>The segments, by offset.</summary>
    public List<SegmentEntry> Segments { get; } = [];

    /// <summary>The epochs up to the end of the last segment.</summary>
    public IReadOnlyList<EpochStart> Epochs { get; private set; } = [];

    /// <summary>The producers as of the end of the last segment, encoded.</summary>
    public ReadOnlyMemory<byte> Producers { get; private set; }

    /// <summary>Where the first record that is in no segment belongs.</summary>
    public long EndOffset => Math.Max(
        Math.Max(Head.NextOffset, Head.LogStartOffset), Segments.Count == 0 ? 0 : Segments[^1].NextOffset);

    public LogOpening ToOpening()
        => new(
            Head with { NextOffset = EndOffset },
            [.. Segments.Where(segment => segment.BatchBytes > 0)],
            Epochs,
            Producers);

    /// <summary>
    /// Takes a partition over: raises its epoch, durably, and reads the footer of its last segment.
    /// </summary>
    /// <remarks>From then on whoever had the partition before can change none of its rows.</remarks>
    /// <param name="nameJournals">
    /// The journals that may hold records that are in no segment, by the head row as it was. It may refuse by throwing.
    /// </param>
    /// <exception cref="StorageDamagedException">A row or the last segment is damaged.</exception>
    public static async Task<PartitionStore> TakeOverAsync(
        PartitionId id,
        IStorage storage,
        SegmentCache segments,
        Func<PartitionHead, ValueTask<IReadOnlyList<string>>> nameJournals,
        CancellationToken cancellationToken)
    {
        var rows = await storage.Tables.QueryAsync(PartitionRows.Table, id.ToString(), cancellationToken)
            .ConfigureAwait(false);
        var store = Decode(id, storage, rows);
        var journals = await nameJournals(store.Head).ConfigureAwait(false);
        await store.CommitAsync(store.Head with { Epoch = store.Head.Epoch + 1, Journals = journals }, [])
            .ConfigureAwait(false);
        if (store.Segments.Count > 0)
        {
            var last = await segments.AcquireAsync(id, store.Segments[^1], cancellationToken).ConfigureAwait(false);
            store.Epochs = last.Footer.Epochs;
            store.Producers = last.Footer.Producers;
            await last.ReleaseAsync().ConfigureAwait(false);
        }

        return store;
    }

    /// <summary>Deletes what is not in the manifest: files of writers that died before they could name them.</summary>
    /// <remarks>
    /// Only what earlier epochs wrote, which nobody can name any more: should the partition have been taken over
    /// meanwhile, its new segments are none of this owner's business.
    /// </remarks>
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        await _storage.Segments.SweepAsync(_id, cancellationToken).ConfigureAwait(false);
        var named = Segments.Select(segment => segment.Name).ToHashSet();
        foreach (var name in await _storage.Segments.ListAsync(_id, cancellationToken).ConfigureAwait(false))
        {
            if (name.Epoch < Head.Epoch && !named.Contains(name))
            {
                await _storage.Segments.DeleteAsync(_id, name, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Writes a segment that continues the partition and names it in the manifest.</summary>
    /// <param name="pieces">Whole batches that follow <see cref="EndOffset"/>, flushed before.</param>
    /// <param name="journals">The journals that may hold records behind it.</param>
    /// <param name="now">Milliseconds since 1970.</param>
    /// <param name="producersSince">Producers that have not written since then are forgotten.</param>
    public async Task<SegmentEntry> AppendSegmentAsync(
        IAsyncEnumerable<ReadOnlyMemory<byte>> pieces,
        long baseOffset,
        IReadOnlyList<string> journals,
        long now,
        long producersSince)
    {
        var builder = SegmentBuilder.After(baseOffset, Epochs, Producers);
        builder.ForgetProducers(producersSince);
        var (written, footer) = await WriteAsync(builder, pieces, baseOffset, now).ConfigureAwait(false);
        var entry = written ?? throw new UnreachableException(); // There is at least one batch.
        await CommitAsync(
            Head with { NextOffset = entry.NextOffset, Journals = journals },
            [Insert(entry)]).ConfigureAwait(false);
        Segments.Add(entry);
        Epochs = footer.Epochs;
        Producers = footer.Producers;
        return entry;
    }

    /// <summary>Writes one segment with the batches of adjacent ones, and swaps it for them in the manifest.</summary>
    /// <param name="pieces">Their batches, or what is left of them.</param>
    /// <param name="last">The footer of the last of them: producers and epochs as of the end.</param>
    /// <returns>Null when no batch is left; not allowed for the last segment, whose footer is needed.</returns>
    public async Task<SegmentEntry?> ReplaceSegmentsAsync(
        IReadOnlyList<SegmentEntry> old, IAsyncEnumerable<ReadOnlyMemory<byte>> pieces, SegmentFooter last)
    {
        // Records without a timestamp do not become younger by being rewritten.
        var written = old.Max(entry => entry.WrittenTimestamp);
        var builder = SegmentBuilder.Merging(last);
        var (entry, _) = await WriteAsync(builder, pieces, old[0].BaseOffset, written).ConfigureAwait(false);
        await CommitAsync(Head, [.. old.Select(Remove), .. entry is null ? [] : (TableOperation[])[Insert(entry)]])
            .ConfigureAwait(false);
        var index = Segments.IndexOf(old[0]);
        Segments.RemoveRange(index, old.Count);
        if (entry is not null)
        {
            Segments.Insert(index, entry);
        }

        return entry;
    }

    /// <summary>Notes how far the partition is compacted.</summary>
    public Task MarkCompactedAsync(long offset) => CommitAsync(Head with { CompactedOffset = offset }, []);

    /// <summary>Moves the log start forward and takes segments that lie wholly before it from the manifest.</summary>
    /// <remarks>
    /// Where the last one goes its producers stay, in a segment without batches, so that a retry is still known for one
    /// after a restart.
    /// </remarks>
    /// <param name="dropped">The first segments; fewer than one table batch may have.</param>
    /// <param name="now">Milliseconds since 1970.</param>
    /// <param name="producersSince">Producers that have not written since then are forgotten.</param>
    public async Task AdvanceLogStartAsync(
        long offset, IReadOnlyList<SegmentEntry> dropped, long now, long producersSince)
    {
        var endOffset = EndOffset;
        List<TableOperation> operations = [.. dropped.Select(Remove)];
        SegmentEntry? kept = null;
        if (dropped.Count > 0 && dropped.Count == Segments.Count)
        {
            var builder = SegmentBuilder.After(endOffset, Epochs, Producers);
            builder.ForgetProducers(producersSince);
            if (builder.HasProducers)
            {
                (kept, _) = await WriteAsync(builder, AsyncEnumerable.Empty<ReadOnlyMemory<byte>>(), endOffset, now)
                    .ConfigureAwait(false);
                operations.Add(Insert(kept!));
            }
        }

        await CommitAsync(
            Head with { LogStartOffset = offset, NextOffset = Math.Max(endOffset, offset) }, operations)
            .ConfigureAwait(false);
        Segments.RemoveRange(0, dropped.Count);
        if (kept is not null)
        {
            Segments.Add(kept);
        }
    }

    /// <summary>Deletes all rows and files of a partition whose topic is gone.</summary>
    public static async Task DeleteAsync(PartitionId id, IStorage storage, CancellationToken cancellationToken)
    {
        var rows = await storage.Tables.QueryAsync(PartitionRows.Table, id.ToString(), cancellationToken)
            .ConfigureAwait(false);
        foreach (var batch in rows.Chunk(TableLimits.BatchOperations))
        {
            var operations = batch.Select(row => new TableOperation(TableOperationKind.Delete, row.RowKey)).ToArray();
            await storage.Tables.ExecuteAsync(PartitionRows.Table, id.ToString(), operations, cancellationToken)
                .ConfigureAwait(false);
        }

        await storage.Segments.DeletePartitionAsync(id, cancellationToken).ConfigureAwait(false);
    }

    private static PartitionStore Decode(PartitionId id, IStorage storage, IReadOnlyList<TableRow> rows)
    {
        try
        {
            var head = rows.FirstOrDefault(row => row.RowKey == PartitionRows.HeadKey);
            var store = new PartitionStore(
                id, storage, head is null ? PartitionHead.Empty : PartitionRows.DecodeHead(head), head?.ETag);
            store.Segments.AddRange(
                rows.Where(row => PartitionRows.IsSegmentKey(row.RowKey))
                    .Select(PartitionRows.DecodeSegment)
                    .OrderBy(segment => segment.BaseOffset)
                    .ThenBy(segment => segment.NextOffset));
            return store;
        }
        catch (InvalidDataException e)
        {
            throw new StorageDamagedException($"The manifest of partition {id}", 0, e.Message);
        }
    }

    private static TableOperation Insert(SegmentEntry entry)
        => new(TableOperationKind.Insert, PartitionRows.SegmentKey(entry.Name), PartitionRows.Encode(entry));

    private static TableOperation Remove(SegmentEntry entry)
        => new(TableOperationKind.Delete, PartitionRows.SegmentKey(entry.Name));

    // A segment without batches is only written for the producers in its footer.
    private async Task<(SegmentEntry? Entry, SegmentFooter Footer)> WriteAsync(
        SegmentBuilder builder, IAsyncEnumerable<ReadOnlyMemory<byte>> pieces, long baseOffset, long now)
    {
        // A commit that failed may have left a file of its name: each attempt takes another one.
        var name = new SegmentName(baseOffset, Head.Epoch, _nextGeneration++);
        var writer = await _storage.Segments.CreateAsync(_id, name, CancellationToken.None).ConfigureAwait(false);
        await using (writer.ConfigureAwait(false))
        {
            await foreach (var piece in pieces.ConfigureAwait(false))
            {
                builder.Add(piece.Span, now);
                await writer.WriteAsync(piece, CancellationToken.None).ConfigureAwait(false);
            }

            var footer = builder.Build();
            if (builder is { BatchBytes: 0, HasProducers: false })
            {
                return (null, footer);
            }

            var footerBytes = footer.ToBytes();
            await writer.WriteAsync(footerBytes, CancellationToken.None).ConfigureAwait(false);
            await writer.CommitAsync(CancellationToken.None).ConfigureAwait(false);
            var fileBytes = footer.BatchBytes + footerBytes.Length;
            var entry = new SegmentEntry(
                baseOffset,
                name.Epoch,
                name.Generation,
                footer.NextOffset,
                footer.BatchBytes,
                fileBytes,
                footer.MaxTimestamp,
                now);
            return (entry, footer);
        }
    }

    private async Task CommitAsync(PartitionHead head, IReadOnlyList<TableOperation> operations)
    {
        head = head with { Generation = _nextGeneration };
        TableOperation write = _headETag is null
            ? new(TableOperationKind.Insert, PartitionRows.HeadKey, PartitionRows.Encode(head))
            : new(TableOperationKind.Replace, PartitionRows.HeadKey, PartitionRows.Encode(head), _headETag);
        try
        {
            var etags = await _storage.Tables
                .ExecuteAsync(PartitionRows.Table, _id.ToString(), [write, .. operations], CancellationToken.None)
                .ConfigureAwait(false);
            _headETag = etags[0];
            Head = head;
        }
        catch (IOException e)
        {
            throw new ManifestFaultException(_id, e);
        }
    }
}
