using OrleansStream.Contracts;

namespace OrleansStream.Engine.Log;

/// <summary>
/// What a read has to do: segments to read from, in order, or slices of the tail; held until disposed.
/// </summary>
/// <param name="Offset">Where the first batch returned is looked for.</param>
/// <param name="Segments">Read these, when there are any; the tail otherwise.</param>
public sealed record ReadPlan(
    StreamError Error,
    long LogStartOffset,
    long Offset,
    IReadOnlyList<LogSegment> Segments,
    TailRead? Tail) : IDisposable
{
    /// <summary>Whether batches that may be read did not fit: waiting for more would bring nothing.</summary>
    public bool IsCut { get; init; }

    public static ReadPlan Nothing(StreamError error, long logStartOffset) => new(error, logStartOffset, -1, [], null);

    public void Dispose()
    {
        Tail?.Dispose();
        foreach (var segment in Segments)
        {
            segment.Release();
        }
    }
}
