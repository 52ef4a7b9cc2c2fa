using OrleansStream.Engine.Storage;

namespace OrleansStream.Engine.Hosting.Journals;

/// <summary>Journals whose owners are gone or have been stopped, to be read and then deleted.</summary>
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

    /// <summary>Whether there are journals that were left to owners who are at work.</summary>
    public bool HasLivingOwners { get; private set; }

    /// <summary>Finds the journals that were there before an opening.</summary>
    /// <exception cref="IOException">A journal could not be fenced for sure.</exception>
    public static async Task<FormerJournals> FindAsync(
        IStorage storage, IJournalOwners owners, CancellationToken cancellationToken)
    {
        var former = new FormerJournals(storage);
        if (storage.Journals is ISharedJournalStore shared)
        {
            await former.FenceAllAsync(shared, owners, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            former._files.AddRange(await storage.Journals.ListAsync(cancellationToken).ConfigureAwait(false));
        }

        return former;
    }

    /// <summary>Takes one journal of a shared storage from its owner. Finds nothing when it is gone.</summary>
    /// <exception cref="IOException">It could not be fenced for sure.</exception>
    public static async Task<FormerJournals> FenceAsync(
        string journal, IStorage storage, CancellationToken cancellationToken)
    {
        var former = new FormerJournals(storage);
        var shared = (ISharedJournalStore)storage.Journals;
        var row = await former.FindRowAsync(journal, cancellationToken).ConfigureAwait(false);
        await former.FenceAsync(row, shared, cancellationToken).ConfigureAwait(false);
        var files = await shared.ListAsync(cancellationToken).ConfigureAwait(false);
        former._files.AddRange(files.Where(former.IsFenced));
        return former;
    }

    /// <summary>Whether a journal was fenced here.</summary>
    public bool Has(string journal) => _fenced.ContainsKey(journal);

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

    private async Task FenceAllAsync(
        ISharedJournalStore journals, IJournalOwners owners, CancellationToken cancellationToken)
    {
        var rows = await _storage.Tables
            .QueryAsync(JournalRows.Table, JournalRows.PartitionKey, cancellationToken).ConfigureAwait(false);
        foreach (var row in rows)
        {
            if (await owners.IsAtWorkAsync(row.RowKey, cancellationToken).ConfigureAwait(false))
            {
                HasLivingOwners = true;
            }
            else
            {
                await FenceAsync(row, journals, cancellationToken).ConfigureAwait(false);
            }
        }

        foreach (var file in await journals.ListAsync(cancellationToken).ConfigureAwait(false))
        {
            if (IsFenced(file)
                || await IsLeftoverAsync(file, journals, owners, cancellationToken).ConfigureAwait(false))
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
                row = await FindRowAsync(row.RowKey, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private ValueTask<TableRow?> FindRowAsync(string journal, CancellationToken cancellationToken)
        => _storage.Tables.GetAsync(JournalRows.Table, JournalRows.PartitionKey, journal, cancellationToken);

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

    private bool IsFenced(string file)
        => JournalName.TryParseFile(file, out var journal, out _) && Has(journal.ToString());

    // A file without a row was never written, unless its owner names it now: sealed before the row is looked for, it is
    // either still empty or somebody else's. What is not named like a journal at all is read, and refused as damage.
    private async ValueTask<bool> IsLeftoverAsync(
        string file, ISharedJournalStore journals, IJournalOwners owners, CancellationToken cancellationToken)
    {
        if (!JournalName.TryParseFile(file, out var name, out _))
        {
            return true;
        }

        var journal = name.ToString();
        return !await JournalRows.ExistsAsync(_storage.Tables, journal, cancellationToken).ConfigureAwait(false)
            && !await owners.IsAtWorkAsync(journal, cancellationToken).ConfigureAwait(false)
            && await TrySealAsync(file, journals, cancellationToken).ConfigureAwait(false)
            && !await JournalRows.ExistsAsync(_storage.Tables, journal, cancellationToken).ConfigureAwait(false);
    }

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
