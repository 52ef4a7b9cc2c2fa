using OrleansStream.Engine.Storage;

namespace OrleansStream.Engine.Hosting.Journals;

/// <summary>This process's right to write its journal on a shared storage: the journal's row.</summary>
/// <remarks>
/// Used by the journal's loop. Every change asks for the row as this process wrote it last, so it fails once another
/// process has fenced the journal.
/// </remarks>
internal sealed class JournalClaim(ITableStore tables, string journal)
{
    private string? _etag;

    /// <summary>Names a file that exists and is empty; only then may it be written.</summary>
    /// <exception cref="IOException">The journal is fenced, or the table failed.</exception>
    public async Task ExtendAsync(long file, CancellationToken cancellationToken)
    {
        var value = JournalRows.Encode(new JournalRow(file, IsFenced: false));
        TableOperation write = _etag is null
            ? new(TableOperationKind.Insert, journal, value)
            : new(TableOperationKind.Replace, journal, value, _etag);
        var etags = await ExecuteAsync(write, cancellationToken).ConfigureAwait(false);
        _etag = etags[0];
    }

    /// <summary>Gives the journal up, which has no files any more.</summary>
    /// <exception cref="IOException">The journal is fenced, or the table failed.</exception>
    public Task EndAsync(CancellationToken cancellationToken)
        => ExecuteAsync(new(TableOperationKind.Delete, journal, ETag: _etag), cancellationToken).AsTask();

    private ValueTask<IReadOnlyList<string?>> ExecuteAsync(
        TableOperation operation, CancellationToken cancellationToken)
        => tables.ExecuteAsync(JournalRows.Table, JournalRows.PartitionKey, [operation], cancellationToken);
}
