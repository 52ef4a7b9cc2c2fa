using Microsoft.Win32.SafeHandles;

namespace OrleansStream.Engine.Storage.Local;

/// <summary>Reads one file, on the caller's thread.</summary>
internal sealed class LocalReader : IJournalReader, ISegmentFile
{
    private readonly SafeFileHandle _file;
    private readonly string _path;

    private LocalReader(SafeFileHandle file, string path)
    {
        _file = file;
        _path = path;
        LengthBytes = LocalFile.Length(file, path);
    }

    public long LengthBytes { get; }

    public static LocalReader Open(string path)
    {
        var file = LocalFile.Open(path, FileMode.Open, FileAccess.Read);
        try
        {
            return new LocalReader(file, path);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public async ValueTask<int> ReadAsync(long position, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return LocalFile.Read(_file, _path, position, buffer.Span);
    }

    public ValueTask DisposeAsync()
    {
        _file.Dispose();
        return ValueTask.CompletedTask;
    }
}
