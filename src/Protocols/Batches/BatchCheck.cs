using OrleansStream.Contracts;

namespace OrleansStream.Protocols.Batches;

/// <summary>What <see cref="BatchValidator"/> found.</summary>
/// <param name="Message">Names the field and its value; null when the batch is good.</param>
/// <param name="Header">All zero where there were too few bytes for one.</param>
/// <param name="MaxTimestamp">
/// The latest timestamp of the records where they could be read, else what the header says. Where the two differ, the
/// log corrects the header by <see cref="BatchStamp.SetMaxTimestamp"/>: searching by time relies on it.
/// </param>
public readonly record struct BatchCheck(StreamError Error, string? Message, BatchHeader Header, long MaxTimestamp = -1)
{
    public bool IsGood => Error == StreamError.None;
}
