namespace OrleansStream.Engine.Storage;

/// <summary>Keeps journal files: appended to by one writer, read back after a restart.</summary>
/// <remarks>
/// Thread-safe. A name has at most 100 characters: lower case letters, digits, '-', '_' and '.', which is not the
/// first. Faults are <see cref="IOException"/>s whose message names the file.
/// </remarks>
public interface IJournalStore
{
    /// <summary>Creates a file, durably: its directory entry survives a power cut.</summary>
    /// <exception cref="IOException">A file of that name exists, or the fault may have left one behind.</exception>
    ValueTask<IJournalWriter> CreateAsync(string name, CancellationToken cancellationToken);

    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    ValueTask<IJournalReader> OpenAsync(string name, CancellationToken cancellationToken);

    /// <summary>The names of all files, in ordinal order.</summary>
    ValueTask<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Deletes a file that nobody reads any more, durably. Deleting one that is not there does nothing.
    /// </summary>
    ValueTask DeleteAsync(string name, CancellationToken cancellationToken);
}

/// <summary>Appends to one journal file.</summary>
/// <remarks>One call at a time. After any failure every later call fails: the file is never written again.</remarks>
public interface IJournalWriter : IAsyncDisposable
{
    long LengthBytes { get; }

    /// <summary>Whether the store wants no more appends to this file, however short it is.</summary>
    bool IsFull => false;

    /// <summary>Appends at the end, which must be <paramref name="position"/>. Borrows the bytes meanwhile.</summary>
    ValueTask AppendAsync(long position, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);

    /// <summary>Completes when all appended bytes would survive a power cut, as far as the sync policy asks.</summary>
    ValueTask FlushAsync(CancellationToken cancellationToken);

    /// <summary>Ends the file: later appends fail, from whoever. What was appended can still be flushed.</summary>
    ValueTask SealAsync(CancellationToken cancellationToken);
}

/// <summary>Reads one journal file. Thread-safe.</summary>
/// <remarks>Behind what was appended there may be zeros: room that the writer had prepared.</remarks>
public interface IJournalReader : IAsyncDisposable
{
    /// <summary>The file's length when it was opened, with the room at its end.</summary>
    long LengthBytes { get; }

    /// <summary>Fills the buffer from a position on; fewer bytes only at the file's end.</summary>
    ValueTask<int> ReadAsync(long position, Memory<byte> buffer, CancellationToken cancellationToken);
}
