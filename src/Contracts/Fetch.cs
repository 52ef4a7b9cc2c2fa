namespace OrleansStream.Contracts;

/// <summary>Asks a partition for records from an offset on.</summary>
/// <param name="Offset">The first record wanted. The first batch returned contains it and may begin before it.</param>
/// <param name="MaxBytes">At most so many bytes, but at least one whole batch however large it is.</param>
/// <param name="MinBytes">
/// Wait until so many bytes can be returned. 0 or 1 together with a zero wait never waits.
/// </param>
/// <param name="MaxWait">How long to wait for <paramref name="MinBytes"/>; then whatever is there is returned.</param>
/// <param name="LeaderEpoch">The epoch the caller believes to be current; -1 to skip the check.</param>
[GenerateSerializer, Immutable, Alias("OrleansStream.FetchRequest")]
public readonly record struct FetchRequest(
    [property: Id(0)] long Offset,
    [property: Id(1)] int MaxBytes,
    [property: Id(2)] int MinBytes,
    [property: Id(3)] TimeSpan MaxWait,
    [property: Id(4)] int LeaderEpoch = -1);

/// <summary>Records and where the log stands. The receiver disposes <see cref="Records"/>.</summary>
/// <param name="HighWatermark">
/// The offset after the last record that consumers may see; -1 on an error without it.
/// </param>
/// <param name="LastStableOffset">The bound of reads that exclude open transactions.</param>
[GenerateSerializer, Immutable, Alias("OrleansStream.FetchReply")]
public readonly record struct FetchReply(
    [property: Id(0)] StreamError Error,
    [property: Id(1)] long LogStartOffset,
    [property: Id(2)] long HighWatermark,
    [property: Id(3)] long LastStableOffset,
    [property: Id(4)] FetchedRecords Records)
{
    /// <summary>A refusal.</summary>
    public static FetchReply Refused(StreamError error) => new(error, -1, -1, -1, FetchedRecords.Empty);
}
