using OrleansStream.Engine.Storage;

namespace OrleansStream.Engine.Hosting;

/// <summary>The journals that were there before this opening, to be read and then deleted.</summary>
/// <remarks>
/// On a storage that is this process's own they are all the files there are. On a shared one they are those that have a
/// row, and each is fenced before it is read: first the row, so that its owner names no further file, then the newest
/// file is sealed, so that no append succeeds any more. What the owner acknowledged is in the files by then, and
/// whatever it still has on its way fails. A file that the row does not name was never written.
/// </remarks>
internal sealed class FormerJournals
{
    private readonly IStorage _storage;
    private readonly List<string> _files = [];
    private readonly Dictionary<string, string> _fenced = []; // With the ETags of their rows.

    private FormerJournals(IStorage storage) => _storage = storage;

    /// <summary>The files to be read, in the order they were written.</summary>
    public IReadOnlyList<string> Files => _files;

    /// <exception cref="IOException">A journal could not be fenced for sure.</exception>
    public static async Task<FormerJournals> FindAsync(IStorage storage, CancellationToken cancellationToken)
    {
        var former = new FormerJournals(storage);
        if (storage.Journals is ISharedJournalStore shared)
        {
            await former.FenceAllAsync(shared, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            former._files.AddRange(await storage.Journals.ListAsync(cancellationToken).ConfigureAwait(false));
        }

        return former;
    }

    /// <summary>Whether a journal that a head row names is read, or was by somebody who then deleted its row.</summary>
    public async ValueTask<bool> CoversAsync(string journal, CancellationToken cancellationToken)
        => _storage.Journals is not ISharedJournalStore
            || _fenced.ContainsKey(journal)
            || !await JournalRows.ExistsAsync(_storage.Tables, journal, cancellationToken).ConfigureAwait(false);

    /// <summary>Deletes them: everything in them is in segments.</summary>
    /// <remarks>The rows go last, so that they are found again when this is interrupted.</remarks>
    public async Task DeleteAsync(CancellationToken cancellationToken)
    {
        foreach (var file in _files)
        {
            await _storage.Journals.DeleteAsync(file, cancellationToken).ConfigureAwait(false);
        }

        foreach (var rows in _fenced.Chunk(TableLimits.BatchOperations))
        {
            var operations = rows
                .Select(row => new TableOperation(TableOperationKind.Delete, row.Key, ETag: row.Value)).ToArray();
            await _storage.Tables
                .ExecuteAsync(JournalRows.Table, JournalRows.PartitionKey, operations, cancellationToken)
                .ConfigureAwait(false);
        }
    }

    private async Task FenceAllAsync(ISharedJournalStore journals, CancellationToken cancellationToken)
    {
        var rows = await _storage.Tables
            .QueryAsync(JournalRows.Table, JournalRows.PartitionKey, cancellationToken).ConfigureAwait(false);
        foreach (var row in rows)
        {
            await FenceAsync(row, journals, cancellationToken).ConfigureAwait(false);
        }

        foreach (var file in await journals.ListAsync(cancellationToken).ConfigureAwait(false))
        {
            if (await IsFormerAsync(file, journals, cancellationToken).ConfigureAwait(false))
            {
                _files.Add(file);
            }
        }
    }

    private async Task FenceAsync(TableRow? row, ISharedJournalStore journals, CancellationToken cancellationToken)
    {
        while (row is not null)
        {
            try
            {
                _fenced[row.RowKey] = await FenceRowAsync(row, cancellationToken).ConfigureAwait(false);
                var lastFile = JournalName.Parse(row.RowKey).File(JournalRows.Decode(row).LastFile);
                await TrySealAsync(lastFile, journals, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (TableConflictException)
            {
                // Its owner named another file or gave it up, or somebody else fenced it: look again.
                row = await _storage.Tables
                    .GetAsync(JournalRows.Table, JournalRows.PartitionKey, row.RowKey, cancellationToken)
                    .ConfigureAwait(false);
            }
        }
    }

    private async ValueTask<string> FenceRowAsync(TableRow row, CancellationToken cancellationToken)
    {
        var state = JournalRows.Decode(row);
        if (state.IsFenced)
        {
            return row.ETag;
        }

        var fenced = JournalRows.Encode(state with { IsFenced = true });
        var etags = await _storage.Tables
            .ExecuteAsync(
                JournalRows.Table,
                JournalRows.PartitionKey,
                [new(TableOperationKind.Replace, row.RowKey, fenced, row.ETag)],
                cancellationToken)
            .ConfigureAwait(false);
        return etags[0]!;
    }

    // A file without a row was never written, unless its owner names it now: sealed before the row is looked for, it is
    // either still empty or somebody else's.
    private async ValueTask<bool> IsFormerAsync(
        string file, ISharedJournalStore journals, CancellationToken cancellationToken)
        => !JournalName.TryParseFile(file, out var journal, out _)
            || _fenced.ContainsKey(journal.ToString())
            || (await TrySealAsync(file, journals, cancellationToken).ConfigureAwait(false)
                && !await JournalRows.ExistsAsync(_storage.Tables, journal.ToString(), cancellationToken)
                    .ConfigureAwait(false));

    // A file that is gone was trimmed by its owner or deleted by whoever read it: nothing in it is needed.
    private static async ValueTask<bool> TrySealAsync(
        string file, ISharedJournalStore journals, CancellationToken cancellationToken)
    {
        try
        {
            await journals.SealAsync(file, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
    }
}
