using Microsoft.Win32.SafeHandles;

namespace OrleansStream.Engine.Storage.Local;

/// <summary>Appends to one journal file, on the caller's thread.</summary>
/// <remarks>
/// After a failure nobody knows which bytes are on disk, and a second sync could succeed without them. So the first
/// failure is the last call that touches the file.
/// </remarks>
internal sealed class LocalJournalWriter(SafeFileHandle file, string path, JournalSync sync) : IJournalWriter
{
    private IOException? _failure;
    private volatile bool _sealed;

    public long LengthBytes { get; private set; }

    public async ValueTask AppendAsync(long position, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ThrowIfFailed();
        try
        {
            CheckAppend(position);
            LocalFile.Write(file, path, position, bytes.Span);
            LengthBytes += bytes.Length;
        }
        catch (IOException e)
        {
            _failure = e;
            throw;
        }
    }

    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ThrowIfFailed();
        if (sync == JournalSync.Os)
        {
            return;
        }

        try
        {
            DiskSync.File(file, path);
        }
        catch (IOException e)
        {
            _failure = e;
            throw;
        }
    }

    // The directory is locked and this is the file's only writer, so a flag ends it for everyone.
    public async ValueTask SealAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ThrowIfFailed();
        _sealed = true;
    }

    public ValueTask DisposeAsync()
    {
        file.Dispose();
        return ValueTask.CompletedTask;
    }

    private void CheckAppend(long position)
    {
        if (_sealed)
        {
            throw new IOException($"{path} is sealed.");
        }

        if (position != LengthBytes)
        {
            throw new IOException($"{path} ends at {LengthBytes}; an append at {position} does not fit.");
        }
    }

    private void ThrowIfFailed()
    {
        if (_failure is { } failure)
        {
            throw new IOException($"{path} failed before: {failure.Message}", failure);
        }
    }
}
