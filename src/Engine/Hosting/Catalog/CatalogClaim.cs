using System.Text;
using OrleansStream.Engine.Storage;
using OrleansStream.Engine.Topics;

namespace OrleansStream.Engine.Hosting.Catalog;

/// <summary>This process's right to change the topics of a shared storage: a row that goes with every change.</summary>
/// <remarks>
/// Every change asks for the row as this process wrote it last, so it fails once another process has taken the topics
/// over: one that was only paused does not delete a topic that the other one serves.
/// </remarks>
internal sealed class CatalogClaim
{
    private readonly ReadOnlyMemory<byte> _value;
    private string _etag = ""; // Set by TakeAsync.

    private CatalogClaim(long opening) => _value = Encoding.UTF8.GetBytes($"{opening}");

    /// <summary>What to do together with the next change.</summary>
    public TableOperation Renewal => new(TableOperationKind.Replace, TopicRows.OwnerKey, _value, _etag);

    /// <summary>Takes the topics over; null where this process has the storage to itself.</summary>
    /// <param name="opening">Which opening of the storage this is.</param>
    public static async Task<CatalogClaim?> TakeAsync(
        IStorage storage, long opening, CancellationToken cancellationToken)
    {
        if (storage.Journals is not ISharedJournalStore)
        {
            return null;
        }

        var claim = new CatalogClaim(opening);
        var etags = await storage.Tables
            .ExecuteAsync(
                TopicRows.Table,
                TopicRows.PartitionKey,
                [new(TableOperationKind.Upsert, TopicRows.OwnerKey, claim._value)],
                cancellationToken)
            .ConfigureAwait(false);
        claim.Renewed(etags[0]!);
        return claim;
    }

    /// <summary>The renewal was done.</summary>
    public void Renewed(string etag) => _etag = etag;
}
