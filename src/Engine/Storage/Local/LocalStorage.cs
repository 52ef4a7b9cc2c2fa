namespace OrleansStream.Engine.Storage.Local;

/// <summary>How far <see cref="IJournalWriter.FlushAsync"/> goes.</summary>
public enum JournalSync
{
    /// <summary>To the disk: what was flushed survives a power cut.</summary>
    Always,

    /// <summary>To the operating system: what was flushed survives this process, but not the machine.</summary>
    Os,
}

/// <summary>Keeps everything in files below one directory, which it holds for this process alone.</summary>
/// <remarks>
/// <code>
/// lock                                     held while open
/// journal/NAME                             journal files
/// segments/TOPIC ID/PARTITION/NAME.segment
/// tables/NUMBER.log                        the rows of all tables
/// </code>
/// A name that ends in <c>.tmp</c> is a file that was never finished.
/// </remarks>
public sealed class LocalStorage : IStorage
{
    // Writes and syncs block the threads they run on: the journal's, and that of a segment or of a table.
    private const int BlockedThreads = 2;

    private readonly DirectoryLock _lock;
    private readonly LocalTableStore _tables;
    private readonly FileRemover _remover = new(TimeProvider.System);

    private LocalStorage(DirectoryLock directoryLock, string directory, JournalSync sync, LocalTableStore tables)
    {
        _lock = directoryLock;
        _tables = tables;
        Journals = new LocalJournalStore(JournalDirectory(directory), sync, _remover);
        Segments = new LocalSegmentStore(SegmentDirectory(directory), _remover);
    }

    public ISegmentStore Segments { get; }

    public IJournalStore Journals { get; }

    public ITableStore Tables => _tables;

    /// <summary>Opens a directory, creating it if need be.</summary>
    /// <exception cref="IOException">The directory is in use, or cannot be used.</exception>
    /// <exception cref="StorageDamagedException">The tables cannot be read.</exception>
    public static async Task<LocalStorage> OpenAsync(
        string directory, JournalSync sync, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        directory = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        LocalDirectory.CreateDurably(directory);
        var directoryLock = DirectoryLock.Take(directory);
        try
        {
            LocalDirectory.CreateDurably(JournalDirectory(directory));
            LocalDirectory.CreateDurably(SegmentDirectory(directory));
            LocalDirectory.CreateDurably(TableDirectory(directory));

            // An earlier process may have created them and ended before it could sync.
            DiskSync.Directory(directory);
            KeepThreadsForOthers();
            return new LocalStorage(directoryLock, directory, sync, LocalTableStore.Open(TableDirectory(directory)));
        }
        catch
        {
            directoryLock.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _remover.DisposeAsync().ConfigureAwait(false);
        await _tables.DisposeAsync().ConfigureAwait(false);
        _lock.Dispose();
    }

    // The pool begins with a thread for each processor and is slow to add more. Without these, answering everyone who
    // waited for a sync would have to wait for the next sync on a machine with few processors.
    private static void KeepThreadsForOthers()
    {
        ThreadPool.GetMinThreads(out var workers, out var completions);
        ThreadPool.SetMinThreads(Math.Max(workers, Environment.ProcessorCount + BlockedThreads), completions);
    }

    private static string JournalDirectory(string directory) => Path.Combine(directory, "journal");

    private static string SegmentDirectory(string directory) => Path.Combine(directory, "segments");

    private static string TableDirectory(string directory) => Path.Combine(directory, "tables");
}
