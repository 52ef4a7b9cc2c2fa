using OrleansStream.Contracts;
using OrleansStream.Engine.Hosting.Journals;
using OrleansStream.Engine.Hosting.Partitions;
using OrleansStream.Engine.Storage;
using OrleansStream.Engine.Topics;

namespace OrleansStream.Engine.Hosting.Catalog;

/// <summary>Deletes what is left of topics whose deletion was interrupted, when the storage is opened next.</summary>
/// <remarks>
/// A tombstone outlives every journal that may hold records of its topic; damaged ones are kept, and so is it. While
/// others are at work on the storage, what they have deleted is theirs to clear away.
/// </remarks>
internal static class TopicLeftovers
{
    public static async Task DeleteAsync(
        IStorage storage,
        IReadOnlyDictionary<Guid, TombstoneRow> tombstones,
        RecoveryResult recovery,
        CancellationToken cancellationToken)
    {
        if (recovery.Journals.HasLivingOwners)
        {
            return;
        }

        foreach (var (id, tombstone) in tombstones)
        {
            for (var partition = 0; partition < tombstone.PartitionCount; partition++)
            {
                await PartitionStore.DeleteAsync(new PartitionId(id, partition), storage, cancellationToken)
                    .ConfigureAwait(false);
            }
        }

        foreach (var ids in tombstones.Keys.Where(_ => !recovery.HasDamage).Chunk(TableLimits.BatchOperations))
        {
            var operations = ids
                .Select(id => new TableOperation(TableOperationKind.Delete, TopicRows.TombstoneKey(id))).ToArray();
            await storage.Tables
                .ExecuteAsync(TopicRows.Table, TopicRows.PartitionKey, operations, cancellationToken)
                .ConfigureAwait(false);
        }
    }
}
