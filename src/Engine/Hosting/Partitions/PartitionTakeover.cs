using Microsoft.Extensions.Logging;
using OrleansStream.Contracts;
using OrleansStream.Engine.Hosting.Catalog;
using OrleansStream.Engine.Hosting.Journals;
using OrleansStream.Engine.Log;
using OrleansStream.Engine.Storage;

namespace OrleansStream.Engine.Hosting.Partitions;

/// <summary>A partition's head row names a journal that somebody else may still be writing.</summary>
internal sealed class JournalInUseException(PartitionId partition, string journal)
    : IOException($"Partition {partition} has been taken over by another process, which writes journal {journal}.")
{
    public string Journal => journal;
}

/// <summary>Takes partitions over from whoever had them before.</summary>
/// <remarks>
/// A partition is free when its head row names no journal, or only such as were recovered. Else the owner of the
/// journal is asked to release it, once. If that does not help, the journal is fenced and recovered: for all its
/// partitions, as its owner can acknowledge nothing any more. Whoever else does the same at the same time gets
/// conflicts, and both look again; the rows let only one of them have each partition.
/// </remarks>
internal sealed partial class PartitionTakeover(
    HostServices services, IJournalOwners owners, RecoveryResult opening) : IAsyncDisposable
{
    /// <summary>
    /// How long an owner may take to release a partition before its journal is taken from it. Writing the tail of a
    /// partition to a blob store takes a second or two.
    /// </summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>How often it is looked again when somebody else has changed the same rows.</summary>
    private const int MaxTries = 10;

    private readonly WorkQueue _recovering = new();

    // The opening's, and each that found damage, whose journal is still there. Replaced by the queue's work.
    private volatile IReadOnlyList<RecoveryResult> _recoveries = [opening];

    /// <summary>Raises a partition's epoch and names this process's journal in its head row.</summary>
    /// <exception cref="StorageDamagedException">The partition's storage or its journal is damaged.</exception>
    /// <exception cref="IOException">The storage failed.</exception>
    public async Task<PartitionStore> RunAsync(
        PartitionId id, TopicDescription topic, CancellationToken cancellationToken)
    {
        var asked = new HashSet<string>();
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await TryAsync(id, topic, cancellationToken).ConfigureAwait(false);
            }
            catch (JournalInUseException e) when (attempt < MaxTries)
            {
                if (!asked.Add(e.Journal)
                    || !await TryAskAsync(e.Journal, id, cancellationToken).ConfigureAwait(false))
                {
                    await RecoverAsync(e.Journal, cancellationToken).ConfigureAwait(false);
                }
            }
            catch (ManifestFaultException e) when (e.IsConflict && attempt < MaxTries)
            {
                // Its owner has changed it, or somebody else takes it over: look again.
            }
        }
    }

    /// <summary>Finishes what is being recovered.</summary>
    public ValueTask DisposeAsync() => _recovering.DisposeAsync();

    private async Task<PartitionStore> TryAsync(
        PartitionId id, TopicDescription topic, CancellationToken cancellationToken)
    {
        var store = await PartitionStore
            .TakeOverAsync(
                id,
                services.Storage,
                services.Segments,
                async head => await NameJournalAsync(id, topic, head, cancellationToken).ConfigureAwait(false),
                cancellationToken)
            .ConfigureAwait(false);
        return store!; // It names a journal.
    }

    private async ValueTask<IReadOnlyList<string>> NameJournalAsync(
        PartitionId id, TopicDescription topic, PartitionHead head, CancellationToken cancellationToken)
    {
        var own = services.Journal.Name.ToString();
        foreach (var journal in head.Journals.Where(journal => journal != own))
        {
            if (!await IsRecoveredAsync(journal, cancellationToken).ConfigureAwait(false))
            {
                throw new JournalInUseException(id, journal);
            }
        }

        return _recoveries.Select(recovery => recovery.FindFault(id, head)).FirstOrDefault(fault => fault is not null)
            is { } fault
            ? throw new StorageDamagedException($"Partition {id} of topic '{topic.Name}'", -1, fault)
            : [own];
    }

    // Here, or by somebody who then deleted its row.
    private async ValueTask<bool> IsRecoveredAsync(string journal, CancellationToken cancellationToken)
        => services.Storage.Journals is not ISharedJournalStore
            || _recoveries.Any(recovery => recovery.Journals.Has(journal))
            || !await JournalRows.ExistsAsync(services.Storage.Tables, journal, cancellationToken)
                .ConfigureAwait(false);

    private async Task<bool> TryAskAsync(string journal, PartitionId id, CancellationToken cancellationToken)
    {
        using var overdue = new CancellationTokenSource(Patience, services.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(overdue.Token, cancellationToken);
        try
        {
            var isReleased = await owners.TryReleaseAsync(journal, id, either.Token).ConfigureAwait(false);
            LogAsked(services.Logger, id, journal, isReleased);
            return isReleased;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            LogAsked(services.Logger, id, journal, isReleased: false);
            return false;
        }
    }

    private Task<bool> RecoverAsync(string journal, CancellationToken cancellationToken)
        => _recovering.RunAsync(
            async () =>
            {
                for (var attempt = 1;
                    !await IsRecoveredAsync(journal, cancellationToken).ConfigureAwait(false);
                    attempt++)
                {
                    await TryRecoverAsync(journal, attempt < MaxTries, cancellationToken).ConfigureAwait(false);
                }

                return true;
            },
            cancellationToken);

    private async Task TryRecoverAsync(string journal, bool mayFail, CancellationToken cancellationToken)
    {
        try
        {
            var fenced = await FormerJournals.FenceAsync(journal, services.Storage, cancellationToken)
                .ConfigureAwait(false);

            // Read after the journal was fenced, so that it knows every topic that has records there.
            var topics = await StoredTopics.ReadAsync(services.Storage.Tables, cancellationToken).ConfigureAwait(false);
            var recovery = await new JournalRecovery(services, fenced, topics).RunAsync(cancellationToken)
                .ConfigureAwait(false);
            if (recovery.HasDamage)
            {
                _recoveries = [.. _recoveries, recovery];
            }

            LogRecovered(services.Logger, journal, recovery.RecoveredBytes);
        }
        catch (IOException e) when (mayFail && IsConflict(e))
        {
            // Somebody else recovers the same journal, or its owner was about to change a partition: look again.
        }
    }

    private static bool IsConflict(IOException e)
        => e is TableConflictException or FileNotFoundException or ManifestFaultException { IsConflict: true };

    [LoggerMessage(
        2019,
        LogLevel.Information,
        "The owner of journal {Journal} was asked to release partition {Partition}; it did: {IsReleased}.")]
    private static partial void LogAsked(ILogger logger, PartitionId partition, string journal, bool isReleased);

    [LoggerMessage(
        2020,
        LogLevel.Warning,
        "Journal {Journal} was taken from its owner; {Bytes} bytes were recovered from it.")]
    private static partial void LogRecovered(ILogger logger, string journal, long bytes);
}
