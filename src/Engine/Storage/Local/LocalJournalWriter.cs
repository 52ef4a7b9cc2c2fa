using Microsoft.Win32.SafeHandles;

namespace OrleansStream.Engine.Storage.Local;

/// <summary>Appends to one journal file, on the caller's thread.</summary>
/// <remarks>
/// After a failure nobody knows which bytes are on disk, and a second sync could succeed without them. So the first
/// failure is the last call that touches the file.
///
/// Syncing a file that has grown makes the file system write its own journal too, which takes as long again. So a small
/// append that reaches beyond the file's end writes zeros behind itself, and those that follow overwrite them: half the
/// time for blocks of 4 KiB, a third less for 20 KiB. Large ones take their time for the bytes themselves.
/// </remarks>
internal sealed class LocalJournalWriter(SafeFileHandle file, string path, JournalSync sync) : IJournalWriter
{
    private const int RoomBytes = 256 * 1_024;
    private const int MaxSmallBytes = 64 * 1_024;
    private const int PageBytes = 4_096;

    private readonly byte[] _room = sync == JournalSync.Always ? new byte[MaxSmallBytes + RoomBytes] : [];
    private IOException? _failure;
    private long _fileBytes;
    private volatile bool _sealed;

    public long LengthBytes { get; private set; }

    public async ValueTask AppendAsync(long position, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ThrowIfFailed();
        try
        {
            CheckAppend(position);
            Write(position, bytes.Span);
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
        if (_failure is null && _fileBytes > LengthBytes)
        {
            LocalFile.TrySetLength(file, LengthBytes);
        }

        file.Dispose();
        return ValueTask.CompletedTask;
    }

    private void Write(long position, ReadOnlySpan<byte> bytes)
    {
        var end = position + bytes.Length;
        if (end <= _fileBytes || bytes.Length > MaxSmallBytes || _room.Length == 0)
        {
            LocalFile.Write(file, path, position, bytes);
            _fileBytes = Math.Max(_fileBytes, end);
            return;
        }

        var roomEnd = (end + RoomBytes) / PageBytes * PageBytes;
        bytes.CopyTo(_room);
        LocalFile.Write(file, path, position, _room.AsSpan(0, (int)(roomEnd - position)));
        _room.AsSpan(0, bytes.Length).Clear();
        _fileBytes = roomEnd;
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
