using OrleansStream.Engine.Log;
using OrleansStream.Engine.Storage;

namespace OrleansStream.Engine.Inspection;

/// <summary>What a verification found.</summary>
/// <param name="FileBytes">How many bytes of segments and journals were read.</param>
/// <param name="Orphans">
/// Segments that the manifest does not name: harmless leftovers, deleted when the partition is opened.
/// </param>
/// <param name="Faults">What is damaged, a sentence each.</param>
public sealed record VerificationReport(
    int Segments, int JournalFiles, long FileBytes, IReadOnlyList<string> Orphans, IReadOnlyList<string> Faults);

/// <summary>Reads everything a storage holds and checks each checksum, each index, and that offsets follow.</summary>
/// <remarks>Changes nothing. To be run while no silo has the storage open.</remarks>
public sealed class StorageVerification(IStorage storage, StoredCluster cluster)
{
    private readonly List<string> _orphans = [];
    private readonly List<string> _faults = [];
    private int _segments;
    private long _readBytes;

    /// <param name="progress">Called after each file, with the bytes of segments read so far.</param>
    /// <exception cref="IOException">The storage cannot be read: nothing is known of what comes behind.</exception>
    public async Task<VerificationReport> RunAsync(Action<long> progress, CancellationToken cancellationToken)
    {
        foreach (var partition in cluster.Partitions)
        {
            await CheckManifestAsync(partition, cancellationToken).ConfigureAwait(false);
            foreach (var segment in partition.Segments)
            {
                await CheckSegmentAsync(partition, segment, cancellationToken).ConfigureAwait(false);
                progress(_readBytes);
            }
        }

        var journals = await StoredJournal.ReadAllAsync(storage.Journals, cancellationToken).ConfigureAwait(false);
        _faults.AddRange(journals
            .Where(file => file.Damage is not null)
            .Select(file => $"Journal file {file.Name}: {file.Damage}"));
        return new(
            _segments, journals.Count, _readBytes + journals.Sum(file => file.FileBytes), _orphans, _faults);
    }

    private async Task CheckManifestAsync(StoredPartition partition, CancellationToken cancellationToken)
    {
        var nextOffset = 0L;
        foreach (var segment in partition.Segments)
        {
            if (segment.BaseOffset < nextOffset)
            {
                _faults.Add($"{partition.Describe(segment)} begins before {nextOffset}, where the one before it ends.");
            }

            nextOffset = segment.NextOffset;
        }

        var named = partition.Segments.Select(segment => segment.Name).ToHashSet();
        var found = await storage.Segments.ListAsync(partition.Id, cancellationToken).ConfigureAwait(false);
        _orphans.AddRange(found.Where(name => !named.Contains(name)).Select(name => $"{partition.Id}/{name}"));
    }

    private async Task CheckSegmentAsync(
        StoredPartition partition, SegmentEntry segment, CancellationToken cancellationToken)
    {
        var name = partition.Describe(segment);
        try
        {
            var file = await storage.Segments.OpenAsync(partition.Id, segment.Name, cancellationToken)
                .ConfigureAwait(false);
            await using (file.ConfigureAwait(false))
            {
                await SegmentCheck.RunAsync(name, segment, file, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (FileNotFoundException)
        {
            _faults.Add($"{name} is not there.");
        }
        catch (StorageDamagedException e)
        {
            _faults.Add(e.Message);
        }

        _segments++;
        _readBytes += segment.FileBytes;
    }
}
