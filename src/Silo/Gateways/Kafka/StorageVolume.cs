namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>The disk that records are stored on.</summary>
/// <param name="Directory">Somewhere on it; null where records are stored elsewhere.</param>
internal sealed record StorageVolume(string? Directory)
{
    private static readonly (long, long) s_unknown = (-1, -1);

    /// <summary>How large it is and how much of it can still be used; -1 and -1 where nobody can say.</summary>
    public (long TotalBytes, long UsableBytes) Measure()
    {
        try
        {
            return Directory is not null && new DriveInfo(Directory) is var drive
                ? (drive.TotalSize, drive.AvailableFreeSpace)
                : s_unknown;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return s_unknown;
        }
    }
}
