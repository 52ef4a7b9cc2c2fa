using OrleansStream.Engine.Hosting.Journals;
using OrleansStream.Engine.Storage;

namespace OrleansStream.Engine.Inspection;

/// <summary>What is in one journal file.</summary>
/// <param name="FileBytes">The file's length, with room that was prepared and not used.</param>
/// <param name="Records">How many records its batches have; most of them are in segments as well.</param>
/// <param name="Damage">What is wrong with it, or null. What lies behind damage is not counted.</param>
public sealed record StoredJournalFile(
    string Name, long FileBytes, int Blocks, int Batches, long Records, string? Damage);

/// <summary>Reads the journals of a storage, checksums included, as a recovery would.</summary>
public static class StoredJournal
{
    /// <summary>All files, in the order they were written.</summary>
    public static async Task<IReadOnlyList<StoredJournalFile>> ReadAllAsync(
        IJournalStore journals, CancellationToken cancellationToken)
    {
        var names = await journals.ListAsync(cancellationToken).ConfigureAwait(false);
        List<StoredJournalFile> files = [];
        (JournalName Journal, long? NextBlock) last = default;
        for (var i = 0; i < names.Count; i++)
        {
            if (!JournalName.TryParseFile(names[i], out var journal, out _))
            {
                files.Add(new(names[i], 0, 0, 0, 0, "It lies among the journals but is not named like one."));
                continue;
            }

            var isNewest = i + 1 == names.Count
                || !JournalName.TryParseFile(names[i + 1], out var next, out _)
                || next != journal;
            var firstBlock = last.Journal == journal ? last.NextBlock : null;
            var reader = await journals.OpenAsync(names[i], cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                var scanner = new JournalScanner(reader, names[i], journal.Id, firstBlock, isNewest);
                files.Add(await ReadAsync(names[i], reader.LengthBytes, scanner, cancellationToken)
                    .ConfigureAwait(false));
                last = (journal, scanner.NextBlock);
            }
        }

        return files;
    }

    private static async Task<StoredJournalFile> ReadAsync(
        string name, long fileBytes, JournalScanner scanner, CancellationToken cancellationToken)
    {
        var file = new StoredJournalFile(name, fileBytes, 0, 0, 0, null);
        try
        {
            await foreach (var block in scanner.ReadAsync().ConfigureAwait(false))
            {
                cancellationToken.ThrowIfCancellationRequested();
                file = file with
                {
                    Blocks = file.Blocks + 1,
                    Batches = file.Batches + block.Entries.Length,
                    Records = file.Records + block.Entries.Sum(entry => (long)entry.RecordCount),
                    Damage = file.Damage ?? (block.IsDamaged
                        ? $"The records of the block at position {block.Position} do not match their checksum."
                        : null),
                };
            }

            return file;
        }
        catch (StorageDamagedException e)
        {
            return file with { Damage = file.Damage ?? e.Message };
        }
    }
}
