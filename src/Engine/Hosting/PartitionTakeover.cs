using OrleansStream.Contracts;
using OrleansStream.Engine.Log;
using OrleansStream.Engine.Storage;

namespace OrleansStream.Engine.Hosting;

/// <summary>Somebody opened a partition after this process had looked for journals to fence.</summary>
internal sealed class JournalInUseException(PartitionId partition, string journal)
    : IOException($"Partition {partition} has been taken over by another process, which writes journal {journal}.");

/// <summary>Takes partitions over from whoever had them before.</summary>
internal sealed class PartitionTakeover(HostServices services, RecoveryResult recovery)
{
    /// <summary>Raises a partition's epoch and names this process's journal in its head row.</summary>
    /// <exception cref="StorageDamagedException">The partition's storage or its journal is damaged.</exception>
    /// <exception cref="IOException">The storage failed.</exception>
    public Task<PartitionStore> RunAsync(
        PartitionId id, TopicDescription topic, CancellationToken cancellationToken)
        => PartitionStore.TakeOverAsync(
            id,
            services.Storage,
            services.Segments,
            head => NameJournalAsync(id, topic, head, cancellationToken),
            cancellationToken);

    private async ValueTask<IReadOnlyList<string>> NameJournalAsync(
        PartitionId id, TopicDescription topic, PartitionHead head, CancellationToken cancellationToken)
    {
        if (recovery.FindFault(id, head) is { } fault)
        {
            throw new StorageDamagedException($"Partition {id} of topic '{topic.Name}'", -1, fault);
        }

        var own = services.Journal.Name.ToString();
        foreach (var journal in head.Journals.Where(journal => journal != own))
        {
            if (!await recovery.Journals.CoversAsync(journal, cancellationToken).ConfigureAwait(false))
            {
                throw new JournalInUseException(id, journal);
            }
        }

        return [own];
    }
}
