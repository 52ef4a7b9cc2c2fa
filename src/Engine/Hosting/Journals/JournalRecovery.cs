using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using OrleansStream.Contracts;
using OrleansStream.Engine.Hosting.Catalog;
using OrleansStream.Engine.Hosting.Partitions;
using OrleansStream.Engine.Log;
using OrleansStream.Engine.Storage;

namespace OrleansStream.Engine.Hosting.Journals;

/// <summary>What recovery found.</summary>
/// <param name="DamagedPartitions">Partitions that must not be opened, and why.</param>
/// <param name="DamagedJournals">No partition whose head row names one of these may be opened.</param>
/// <param name="Journals">What was read.</param>
internal sealed record RecoveryResult(
    FormerJournals Journals,
    IReadOnlyDictionary<PartitionId, string> DamagedPartitions,
    IReadOnlyDictionary<string, string> DamagedJournals,
    long RecoveredBytes)
{
    /// <summary>Whether anything was damaged. Then no journal was deleted.</summary>
    public bool HasDamage => DamagedPartitions.Count > 0 || DamagedJournals.Count > 0;

    /// <summary>Why a partition must not be opened; null when it may be.</summary>
    public string? FindFault(PartitionId partition, PartitionHead head)
    {
        if (DamagedPartitions.TryGetValue(partition, out var fault))
        {
            return fault;
        }

        var journal = head.Journals.FirstOrDefault(DamagedJournals.ContainsKey);
        return journal is null ? null : DamagedJournals[journal];
    }
}

/// <summary>Copies every record that only a journal holds into segments, then deletes the journals.</summary>
/// <remarks>
/// Runs before anything of theirs is served. What is read back after a crash may never have been on the disk: it may
/// come from the system's cache, after a flush that failed or never ended. So it is written anew to segments, which are
/// synced, and the old files are not used again.
///
/// An entry counts only for a partition whose head row names its journal: a journal that was recovered before, and
/// whose deletion was interrupted, has nothing to say, nor has one whose owner released the partition, which somebody
/// may be serving by now. Among the journals named an entry below the end of the log is skipped, the next one applied,
/// and a gap is damage. While anything is damaged no journal file is deleted.
/// </remarks>
/// <param name="topics">Read after the journals were found.</param>
internal sealed partial class JournalRecovery(HostServices services, FormerJournals journals, StoredTopics topics)
{
    private const int SegmentBytes = 64 * 1_024 * 1_024;
    private const int PieceBytes = 256 * 1_024;

    /// <summary>For how many partitions segments are written at once.</summary>
    private const int MaxWritten = 8;

    private readonly IStorage _storage = services.Storage;
    private readonly ILogger _logger = services.Logger;
    private readonly long _now = services.Now;
    private readonly long _producersSince = services.ProducersSince;
    private readonly Dictionary<PartitionId, Recovered> _partitions = [];
    private readonly HashSet<(PartitionId Partition, JournalName Journal)> _unnamed = [];
    private readonly Dictionary<PartitionId, string> _damagedPartitions = [];
    private readonly Dictionary<string, string> _damagedJournals = [];
    private (JournalName Journal, long? Block) _next;

    /// <exception cref="StorageDamagedException">Damage that cannot be pinned on single partitions.</exception>
    public async Task<RecoveryResult> RunAsync(CancellationToken cancellationToken)
    {
        var files = SortFiles();
        foreach (var file in files)
        {
            await ScanAsync(file, cancellationToken).ConfigureAwait(false);
        }

        var result = new RecoveryResult(
            journals,
            _damagedPartitions,
            _damagedJournals,
            await WriteSegmentsAsync(cancellationToken).ConfigureAwait(false));
        if (!result.HasDamage)
        {
            await journals.DeleteAsync(cancellationToken).ConfigureAwait(false);
        }

        return result;
    }

    private List<JournalFile> SortFiles()
    {
        List<JournalFile> files = [];
        foreach (var text in journals.Files)
        {
            files.Add(JournalName.TryParseFile(text, out var journal, out var number)
                ? new JournalFile(text, journal, number)
                : throw new StorageDamagedException(text, 0, "It lies among the journals but is not named like one."));
        }

        // The names sort in the order the files were written.
        files.Sort((left, right) => string.CompareOrdinal(left.Text, right.Text));
        for (var i = 0; i < files.Count; i++)
        {
            files[i] = files[i] with { IsNewest = i + 1 == files.Count || files[i + 1].Journal != files[i].Journal };
        }

        return files;
    }

    private async Task ScanAsync(JournalFile file, CancellationToken cancellationToken)
    {
        var reader = await _storage.Journals.OpenAsync(file.Text, cancellationToken).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            var firstBlock = _next.Journal == file.Journal ? _next.Block : null;
            var scanner = new JournalScanner(reader, file.Text, file.Journal.Id, firstBlock, file.IsNewest);
            try
            {
                await foreach (var block in scanner.ReadAsync().ConfigureAwait(false))
                {
                    foreach (var entry in block.Entries)
                    {
                        await AddAsync(file, block, entry, cancellationToken).ConfigureAwait(false);
                    }
                }
            }
            catch (StorageDamagedException e) when (e.File == file.Text)
            {
                _damagedJournals.TryAdd(file.Journal.ToString(), e.Message);
                LogDamagedJournal(e.Message);
            }

            _next = (file.Journal, scanner.NextBlock);
        }
    }

    private async Task AddAsync(
        JournalFile file, ScannedBlock block, JournalIndexEntry entry, CancellationToken cancellationToken)
    {
        if (topics.WasDeleted(entry.Partition.TopicId))
        {
            return;
        }

        if (!topics.Exists(entry.Partition.TopicId))
        {
            throw new StorageDamagedException(
                "Journal file " + file.Text,
                entry.Position,
                $"It holds records of the unknown topic {entry.Partition.TopicId}.");
        }

        if (await LoadAsync(entry.Partition, file.Journal, cancellationToken).ConfigureAwait(false)
            is not { } partition)
        {
            return;
        }

        var nextOffset = entry.BaseOffset + entry.RecordCount;
        if (!partition.Store.Head.Journals.Contains(file.Journal.ToString()) || nextOffset <= partition.EndOffset)
        {
            return;
        }

        if (block.IsDamaged)
        {
            Refuse(file, entry, "The records do not match their checksum.");
        }
        else if (entry.BaseOffset > partition.EndOffset)
        {
            Refuse(file, entry, $"It continues at offset {entry.BaseOffset}, the log ends at {partition.EndOffset}.");
        }
        else
        {
            partition.Batches.Add(new RecoveredBatch(file.Text, entry.Position, entry.LengthBytes, entry.BaseOffset));
            partition.EndOffset = nextOffset;
        }
    }

    private void Refuse(JournalFile file, JournalIndexEntry entry, string fault)
        => Refuse(
            entry.Partition,
            $"Journal file {file.Text} at position {entry.Position}, partition {entry.Partition}: {fault}");

    private void Refuse(PartitionId partition, string message)
    {
        if (_damagedPartitions.TryAdd(partition, message))
        {
            LogDamagedPartition(message);
        }
    }

    // Null when the journal has nothing of the partition, or the partition's own storage is damaged: then that one is
    // refused, and the others are not.
    private async ValueTask<Recovered?> LoadAsync(
        PartitionId id, JournalName journal, CancellationToken cancellationToken)
    {
        if (_partitions.TryGetValue(id, out var partition)
            || _damagedPartitions.ContainsKey(id)
            || _unnamed.Contains((id, journal)))
        {
            return partition;
        }

        try
        {
            var store = await PartitionStore
                .TakeOverAsync(
                    id,
                    _storage,
                    services.Segments,
                    head => new(head.Journals.Contains(journal.ToString()) ? head.Journals : null),
                    cancellationToken)
                .ConfigureAwait(false);
            if (store is null)
            {
                _unnamed.Add((id, journal));
                return null;
            }

            partition = new Recovered(store);
            _partitions.Add(id, partition);
        }
        catch (StorageDamagedException e)
        {
            Refuse(id, e.Message);
        }

        return partition;
    }

    // While the storage makes one partition's segments durable the next partitions' are written.
    private async Task<long> WriteSegmentsAsync(CancellationToken cancellationToken)
    {
        var bytes = 0L;
        var inHand = new Queue<(PartitionId Partition, Task<long> Writing)>(MaxWritten);
        try
        {
            foreach (var (id, partition) in _partitions)
            {
                var isDamaged = _damagedPartitions.ContainsKey(id)
                    || partition.Store.Head.Journals.Any(_damagedJournals.ContainsKey);
                if (partition.Batches.Count == 0 || isDamaged)
                {
                    continue;
                }

                if (inHand.Count == MaxWritten)
                {
                    bytes += await FinishAsync(inHand).ConfigureAwait(false);
                }

                inHand.Enqueue((id, WriteSegmentsAsync(partition, cancellationToken)));
            }

            while (inHand.Count > 0)
            {
                bytes += await FinishAsync(inHand).ConfigureAwait(false);
            }
        }
        finally
        {
            await Task.WhenAll(inHand.Select(partition => (Task)partition.Writing))
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return bytes;
    }

    private async Task<long> FinishAsync(Queue<(PartitionId Partition, Task<long> Writing)> inHand)
    {
        var (id, writing) = inHand.Dequeue();
        try
        {
            return await writing.ConfigureAwait(false);
        }
        catch (StorageDamagedException e)
        {
            Refuse(id, e.Message);
            return 0;
        }
    }

    private async Task<long> WriteSegmentsAsync(Recovered partition, CancellationToken cancellationToken)
    {
        await partition.Store.LoadHistoryAsync(cancellationToken).ConfigureAwait(false);
        var bytes = 0L;
        for (var first = 0; first < partition.Batches.Count;)
        {
            var count = CountUpTo(partition.Batches, first, SegmentBytes);
            var isLast = first + count == partition.Batches.Count;
            var entry = await partition.Store.AppendSegmentAsync(
                ReadAsync(partition.Batches.GetRange(first, count), cancellationToken),
                partition.Batches[first].BaseOffset,
                isLast ? [] : partition.Store.Head.Journals,
                _now,
                _producersSince).ConfigureAwait(false);
            bytes += entry.BatchBytes;
            first += count;
        }

        return bytes;
    }

    // How many batches, at least one, lie within a number of bytes.
    private static int CountUpTo(List<RecoveredBatch> batches, int first, long limitBytes)
    {
        var bytes = 0L;
        var count = 0;
        while (
            first + count < batches.Count && (count == 0 || bytes + batches[first + count].LengthBytes <= limitBytes))
        {
            bytes += batches[first + count].LengthBytes;
            count++;
        }

        return count;
    }

    private async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(
        List<RecoveredBatch> batches, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var buffer = new byte[PieceBytes];
        IJournalReader? reader = null;
        var openFile = "";
        try
        {
            for (var first = 0; first < batches.Count;)
            {
                var count = CountUpTo(batches, first, PieceBytes);
                var filled = 0;
                foreach (var batch in batches.GetRange(first, count))
                {
                    if (batch.File != openFile)
                    {
                        await CloseAsync(reader).ConfigureAwait(false);
                        reader = await _storage.Journals.OpenAsync(batch.File, cancellationToken).ConfigureAwait(false);
                        openFile = batch.File;
                    }

                    if (buffer.Length < batch.LengthBytes)
                    {
                        buffer = new byte[batch.LengthBytes];
                    }

                    var target = buffer.AsMemory(filled, batch.LengthBytes);
                    filled += await reader!.ReadAsync(batch.Position, target, cancellationToken).ConfigureAwait(false);
                }

                first += count;
                yield return buffer.AsMemory(0, filled);
            }
        }
        finally
        {
            await CloseAsync(reader).ConfigureAwait(false);
        }
    }

    private static async ValueTask CloseAsync(IJournalReader? reader)
    {
        if (reader is not null)
        {
            await reader.DisposeAsync().ConfigureAwait(false);
        }
    }

    private sealed record JournalFile(string Text, JournalName Journal, long Number, bool IsNewest = false);

    private readonly record struct RecoveredBatch(string File, long Position, int LengthBytes, long BaseOffset);

    private sealed class Recovered(PartitionStore store)
    {
        public PartitionStore Store => store;

        public List<RecoveredBatch> Batches { get; } = [];

        public long EndOffset { get; set; } = store.EndOffset;
    }

    [LoggerMessage(2003, LogLevel.Error, "Refused: {Message}")]
    private partial void LogDamagedPartition(string message);

    [LoggerMessage(2004, LogLevel.Error, "{Message} Every partition that may have records in this journal is refused.")]
    private partial void LogDamagedJournal(string message);
}
