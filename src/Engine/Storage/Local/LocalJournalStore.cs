namespace OrleansStream.Engine.Storage.Local;

/// <summary>Keeps journal files in one directory.</summary>
/// <remarks>Writing and syncing happen on the caller's thread: the journal's loop decides which one that is.</remarks>
internal sealed class LocalJournalStore(string directory, JournalSync sync, FileRemover remover) : IJournalStore
{
    public async ValueTask<IJournalWriter> CreateAsync(string name, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var path = PathOf(name);
        var file = LocalFile.Open(path, FileMode.CreateNew, FileAccess.Write);
        try
        {
            DiskSync.Directory(directory);
            return new LocalJournalWriter(file, path, sync);
        }
        catch
        {
            file.Dispose();
            LocalFile.TryDelete(path);
            throw;
        }
    }

    public async ValueTask<IJournalReader> OpenAsync(string name, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return LocalReader.Open(PathOf(name));
    }

    public async ValueTask<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return [.. LocalDirectory.FileNames(directory, suffix: "").Order(StringComparer.Ordinal)];
    }

    public async ValueTask DeleteAsync(string name, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        remover.Delete(PathOf(name));

        // Even when it was not there: an earlier call may have deleted it and then failed to sync.
        DiskSync.Directory(directory);
    }

    private string PathOf(string name)
    {
        StorageNames.CheckJournal(name);
        return Path.Combine(directory, name);
    }
}
