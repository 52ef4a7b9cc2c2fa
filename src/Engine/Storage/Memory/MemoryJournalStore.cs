using System.Collections.Concurrent;

namespace OrleansStream.Engine.Storage.Memory;

/// <summary>Keeps journal files in memory.</summary>
public sealed class MemoryJournalStore : IJournalStore
{
    private readonly ConcurrentDictionary<string, MemoryFile> _files = new(StringComparer.Ordinal);

    public async ValueTask<IJournalWriter> CreateAsync(string name, CancellationToken cancellationToken)
    {
        StorageNames.CheckJournal(name);
        cancellationToken.ThrowIfCancellationRequested();
        var file = new MemoryFile();
        return _files.TryAdd(name, file)
            ? new MemoryJournalWriter(name, file)
            : throw new IOException($"Journal file '{name}' exists.");
    }

    public async ValueTask<IJournalReader> OpenAsync(string name, CancellationToken cancellationToken)
    {
        StorageNames.CheckJournal(name);
        cancellationToken.ThrowIfCancellationRequested();
        return _files.TryGetValue(name, out var file)
            ? new MemoryReader(file.Content)
            : throw new FileNotFoundException($"There is no journal file '{name}'.", name);
    }

    public async ValueTask<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return [.. _files.Keys.Order(StringComparer.Ordinal)];
    }

    public async ValueTask DeleteAsync(string name, CancellationToken cancellationToken)
    {
        StorageNames.CheckJournal(name);
        cancellationToken.ThrowIfCancellationRequested();
        if (_files.TryRemove(name, out var file))
        {
            file.Seal();
        }
    }

    /// <summary>Ends a file, whoever writes it.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public void Seal(string name)
    {
        if (!_files.TryGetValue(name, out var file))
        {
            throw new FileNotFoundException($"There is no journal file '{name}'.", name);
        }

        file.Seal();
    }
}
