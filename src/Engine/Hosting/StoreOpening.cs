using OrleansStream.Contracts;
using OrleansStream.Engine.Hosting.Catalog;
using OrleansStream.Engine.Hosting.Journals;
using OrleansStream.Engine.Quotas;
using OrleansStream.Engine.Topics;

namespace OrleansStream.Engine.Hosting;

/// <summary>
/// What a <see cref="LogStore"/> begins with: the rows of a storage, after its journals were recovered.
/// </summary>
internal sealed record StoreOpening(
    ClusterRow Identity,
    TopicSet Topics,
    CatalogClaim? Claim,
    QuotaSet Quotas,
    SecuritySnapshot Security,
    RecoveryResult Recovery)
{
    /// <summary>Counts the opening, reads the storage, recovers its journals, and begins a new one.</summary>
    /// <exception cref="IOException">The storage cannot be read or written.</exception>
    /// <exception cref="InvalidDataException">A row is damaged; the message names it.</exception>
    public static async Task<StoreOpening> RunAsync(
        HostServices services, IJournalOwners owners, CancellationToken cancellationToken)
    {
        var storage = services.Storage;
        var tables = storage.Tables;
        var identity = await ClusterRows.OpenAsync(tables, cancellationToken).ConfigureAwait(false);

        // What is read from here on says all there is to know of what the owners before have acknowledged.
        var claim = await CatalogClaim.TakeAsync(storage, identity.Openings, cancellationToken).ConfigureAwait(false);
        var journals = await FormerJournals.FindAsync(storage, owners, cancellationToken)
            .ConfigureAwait(false);
        var topics = await StoredTopics.ReadAsync(tables, cancellationToken).ConfigureAwait(false);
        var quotas = QuotaRows.Decode(
            await tables.QueryAsync(QuotaRows.Table, QuotaRows.PartitionKey, cancellationToken).ConfigureAwait(false));
        var security = await SecurityRows.OpenAsync(tables, cancellationToken).ConfigureAwait(false);

        var recovery = await new JournalRecovery(services, journals, topics).RunAsync(cancellationToken)
            .ConfigureAwait(false);
        await TopicLeftovers.DeleteAsync(storage, topics.Tombstones, recovery, cancellationToken)
            .ConfigureAwait(false);

        var journal = new JournalName(identity.Openings, Guid.NewGuid());
        services.Journal = await Journal.OpenAsync(journal, services, cancellationToken).ConfigureAwait(false);
        return new StoreOpening(identity, topics.ToSet(), claim, quotas, security, recovery);
    }
}
