namespace OrleansStream.Silo.Gateways.Security;

/// <summary>Tells whether a file has changed since it was read, without reading it.</summary>
internal readonly record struct FileStamp(DateTime WrittenAt, long LengthBytes)
{
    /// <summary>A file that is not there has a stamp as well.</summary>
    public static FileStamp Of(string path)
    {
        var file = new FileInfo(path);
        return file.Exists ? new FileStamp(file.LastWriteTimeUtc, file.Length) : default;
    }
}
