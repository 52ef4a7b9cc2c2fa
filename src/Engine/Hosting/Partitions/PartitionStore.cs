using System.Diagnostics;
using OrleansStream.Contracts;
using OrleansStream.Engine.Hosting.Segments;
using OrleansStream.Engine.Log;
using OrleansStream.Engine.Storage;

namespace OrleansStream.Engine.Hosting.Partitions;

/// <summary>A change of a partition's rows failed and may or may not have been done.</summary>
internal sealed class ManifestFaultException(PartitionId partition, Exception cause)
    : IOException($"The manifest of partition {partition} could not be changed: {cause.Message}", cause)
{
    /// <summary>Whether it was not done for sure, because somebody else has changed the rows.</summary>
    public bool IsConflict => InnerException is TableConflictException;
}

/// <summary>A segment, or none, that is to take the place of adjacent ones.</summary>
/// <param name="Written">Completes when its file is durable.</param>
internal sealed record SegmentReplacement(IReadOnlyList<SegmentEntry> Old, SegmentEntry? New, Task Written);

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

    /// <summary>The segments, by offset; as long as not <see cref="IsWhole"/>, only the last one.</summary>
    public List<SegmentEntry> Segments { get; private set; } = [];

    /// <summary>Whether all segments are known. Only then they may be changed.</summary>
    public bool IsWhole { get; private set; }

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
            Producers,
            IsWhole);

    /// <summary>
    /// Takes a partition over: raises its epoch, durably, and reads the footer of its last segment. As much work for a
    /// long history as for a short one.
    /// </summary>
    /// <remarks>From then on whoever had the partition before can change none of its rows.</remarks>
    /// <param name="nameJournals">
    /// The journals that may hold records that are in no segment, by the head row as it was. It may refuse by throwing,
    /// or leave the partition alone by naming none at all.
    /// </param>
    /// <returns>Null when it was left alone.</returns>
    /// <exception cref="StorageDamagedException">The row or the last segment is damaged.</exception>
    public static async Task<PartitionStore?> TakeOverAsync(
        PartitionId id,
        IStorage storage,
        SegmentCache segments,
        Func<PartitionHead, ValueTask<IReadOnlyList<string>?>> nameJournals,
        CancellationToken cancellationToken)
    {
        var row = await storage.Tables
            .GetAsync(PartitionRows.Table, id.ToString(), PartitionRows.HeadKey, cancellationToken)
            .ConfigureAwait(false);
        var head = row is null ? PartitionHead.Empty : Decode(id, row, PartitionRows.DecodeHead);
        var store = new PartitionStore(id, storage, head, row?.ETag);
        if (head.Last is { } entry)
        {
            store.Segments.Add(entry);
        }
        else
        {
            // There are no segments, or the row was written when it did not yet name the last one.
            await store.LoadHistoryAsync(cancellationToken).ConfigureAwait(false);
        }

        if (await nameJournals(store.Head).ConfigureAwait(false) is not { } journals)
        {
            return null;
        }

        await store.CommitAsync(store.Head with { Epoch = store.Head.Epoch + 1, Journals = journals })
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

    /// <summary>Reads the rows of all segments, unless they are known.</summary>
    /// <exception cref="StorageDamagedException">A row is damaged, or one is missing.</exception>
    /// <exception cref="ManifestFaultException">Somebody else has changed them.</exception>
    public async Task LoadHistoryAsync(CancellationToken cancellationToken)
    {
        if (IsWhole)
        {
            return;
        }

        var rows = await _storage.Tables.QueryAsync(PartitionRows.Table, _id.ToString(), cancellationToken)
            .ConfigureAwait(false);
        if (rows.FirstOrDefault(row => row.RowKey == PartitionRows.HeadKey)?.ETag != _headETag)
        {
            throw new ManifestFaultException(
                _id, new TableConflictException("It has been taken over by another process."));
        }

        List<SegmentEntry> segments =
        [
            .. rows.Where(row => PartitionRows.IsSegmentKey(row.RowKey))
                .Select(row => Decode(_id, row, PartitionRows.DecodeSegment))
                .OrderBy(segment => segment.BaseOffset)
                .ThenBy(segment => segment.NextOffset),
        ];
        if (Head.Last is { } last && segments.LastOrDefault() != last)
        {
            throw new StorageDamagedException(
                Describe(_id), 0, $"It should end with segment {last.Name}, but does with another one.");
        }

        Segments = segments;
        Head = Head with { Last = segments.LastOrDefault() };
        IsWhole = true;
    }

    /// <summary>Deletes what is not in the manifest: files of writers that died before they could name them.</summary>
    /// <remarks>
    /// Only what earlier epochs wrote, which nobody can name any more: should the partition have been taken over
    /// meanwhile, its new segments are none of this owner's business.
    /// </remarks>
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        await LoadHistoryAsync(cancellationToken).ConfigureAwait(false);
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
        var (entry, footer, written) = await WriteAsync(builder, pieces, baseOffset, now).ConfigureAwait(false);
        await written.ConfigureAwait(false);
        Debug.Assert(entry is not null); // There is at least one batch.
        await CommitAsync(
            Head with { NextOffset = entry.NextOffset, Journals = journals },
            new SegmentReplacement([], entry, written)).ConfigureAwait(false);
        Epochs = footer.Epochs;
        Producers = footer.Producers;
        return entry;
    }

    /// <summary>Writes a segment with the batches of adjacent ones; they stay until it is put in their place.</summary>
    /// <param name="pieces">Their batches, or what is left of them.</param>
    /// <param name="last">The footer of the last of them: producers and epochs as of the end.</param>
    /// <returns>
    /// As soon as all is handed to the storage, which makes it durable meanwhile. Without a segment when no batch is
    /// left; not allowed for the last segment, whose footer is needed.
    /// </returns>
    public async Task<SegmentReplacement> WriteReplacementAsync(
        IReadOnlyList<SegmentEntry> old, IAsyncEnumerable<ReadOnlyMemory<byte>> pieces, SegmentFooter last)
    {
        // Records without a timestamp do not become younger by being rewritten.
        var timestamp = old.Max(entry => entry.WrittenTimestamp);
        var builder = SegmentBuilder.Merging(last);
        var (entry, _, written) = await WriteAsync(builder, pieces, old[0].BaseOffset, timestamp).ConfigureAwait(false);
        return new SegmentReplacement(old, entry, written);
    }

    /// <summary>Swaps segments in the manifest, all of them or none, once they are durable.</summary>
    /// <param name="replacements">Of different segments, no more than one table batch may have.</param>
    public async Task ReplaceAsync(params SegmentReplacement[] replacements)
    {
        await Task.WhenAll(replacements.Select(replacement => replacement.Written)).ConfigureAwait(false);
        await CommitAsync(Head, replacements).ConfigureAwait(false);
    }

    /// <summary>Notes how far the partition is compacted.</summary>
    public Task MarkCompactedAsync(long offset) => CommitAsync(Head with { CompactedOffset = offset });

    /// <summary>Notes that all records are in segments, so that the partition is free to be taken over.</summary>
    public Task ReleaseAsync() => CommitAsync(Head with { Journals = [] });

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
        var replacement = new SegmentReplacement(dropped, New: null, Task.CompletedTask);
        if (dropped.Count > 0 && dropped.Count == Segments.Count)
        {
            var builder = SegmentBuilder.After(endOffset, Epochs, Producers);
            builder.ForgetProducers(producersSince);
            if (builder.HasProducers)
            {
                var (kept, _, written) = await WriteAsync(
                    builder, AsyncEnumerable.Empty<ReadOnlyMemory<byte>>(), endOffset, now).ConfigureAwait(false);
                await written.ConfigureAwait(false);
                replacement = new SegmentReplacement(dropped, kept, written);
            }
        }

        await CommitAsync(
            Head with { LogStartOffset = offset, NextOffset = Math.Max(endOffset, offset) }, replacement)
            .ConfigureAwait(false);
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

    private static T Decode<T>(PartitionId id, TableRow row, Func<TableRow, T> decode)
    {
        try
        {
            return decode(row);
        }
        catch (InvalidDataException e)
        {
            throw new StorageDamagedException(Describe(id), 0, e.Message);
        }
    }

    private static string Describe(PartitionId id) => $"The manifest of partition {id}";

    private static TableOperation Insert(SegmentEntry entry)
        => new(TableOperationKind.Insert, PartitionRows.SegmentKey(entry.Name), PartitionRows.Encode(entry));

    private static TableOperation Remove(SegmentEntry entry)
        => new(TableOperationKind.Delete, PartitionRows.SegmentKey(entry.Name));

    // The last task of three is that of making the file durable. A segment without batches is only written for the
    // producers in its footer.
    private async Task<(SegmentEntry? Entry, SegmentFooter Footer, Task Written)> WriteAsync(
        SegmentBuilder builder, IAsyncEnumerable<ReadOnlyMemory<byte>> pieces, long baseOffset, long now)
    {
        // A commit that failed may have left a file of its name: each attempt takes another one.
        var name = new SegmentName(baseOffset, Head.Epoch, _nextGeneration++);
        var writer = await _storage.Segments.CreateAsync(_id, name, CancellationToken.None).ConfigureAwait(false);
        try
        {
            await foreach (var piece in pieces.ConfigureAwait(false))
            {
                builder.Add(piece.Span, now);
                await writer.WriteAsync(piece, CancellationToken.None).ConfigureAwait(false);
            }

            var footer = builder.Build();
            if (builder is { BatchBytes: 0, HasProducers: false })
            {
                await writer.DisposeAsync().ConfigureAwait(false);
                return (null, footer, Task.CompletedTask);
            }

            var footerBytes = footer.ToBytes();
            await writer.WriteAsync(footerBytes, CancellationToken.None).ConfigureAwait(false);
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
            return (entry, footer, FinishAsync(writer));
        }
        catch
        {
            await writer.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static async Task FinishAsync(ISegmentWriter writer)
    {
        await using (writer.ConfigureAwait(false))
        {
            await writer.CommitAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    // Writes the head, and swaps segments. What replaces none comes behind all.
    private async Task CommitAsync(PartitionHead head, params SegmentReplacement[] replacements)
    {
        Debug.Assert(IsWhole || replacements.Length == 0);
        List<SegmentEntry> segments = [.. Segments];
        var operations = new List<TableOperation>();
        foreach (var (old, added, _) in replacements)
        {
            var index = old.Count == 0 ? segments.Count : segments.IndexOf(old[0]);
            SegmentEntry[] inserted = added is null ? [] : [added];
            segments.RemoveRange(index, old.Count);
            segments.InsertRange(index, inserted);
            operations.AddRange([.. old.Select(Remove), .. inserted.Select(Insert)]);
        }

        head = head with { Generation = _nextGeneration, Last = segments.LastOrDefault() };
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
            Segments = segments;
        }
        catch (IOException e)
        {
            throw new ManifestFaultException(_id, e);
        }
    }
}
