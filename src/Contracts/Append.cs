namespace OrleansStream.Contracts;

/// <summary>What must have happened before an append is answered.</summary>
[GenerateSerializer, Alias("OrleansStream.Acks")]
public enum Acks
{
    /// <summary>The batch has its place in memory; whether it reaches the disk is not waited for.</summary>
    Leader,

    /// <summary>The batch is where the sync policy wants it: flushed to the journal.</summary>
    All,
}

/// <summary>One record batch (magic 2, exactly one) to be appended.</summary>
/// <param name="Batch">
/// The batch as the producer sent it. Borrowed until the append is answered: whoever hosts the partition copies it,
/// and the caller may reuse the memory only after a reply, never after a timeout or a cancellation.
/// </param>
/// <param name="Timeout">
/// How long the append may wait for memory and, with <see cref="Acks.All"/>, for the flush.
/// </param>
/// <param name="ExpectedOffset">
/// The offset the batch must get; if another batch has it already, the answer is
/// <see cref="StreamError.OffsetOutOfRange"/>. So a writer that knows every record before its own can be sure that
/// nobody else has written. -1 for any.
/// </param>
[GenerateSerializer, Immutable, Alias("OrleansStream.AppendRequest")]
public readonly record struct AppendRequest(
    [property: Id(0)] ReadOnlyMemory<byte> Batch,
    [property: Id(1)] Acks Acks,
    [property: Id(2)] TimeSpan Timeout,
    [property: Id(3)] long ExpectedOffset = -1);

/// <summary>Where the batch went, or why it did not.</summary>
/// <param name="BaseOffset">
/// The offset of its first record; of the original when it was a retry. -1 on an error.
/// </param>
/// <param name="LogAppendTimestamp">Milliseconds since 1970 where the log sets the timestamps, else -1.</param>
/// <param name="LogStartOffset">The log's first offset at that moment; -1 when unknown.</param>
/// <param name="Message">What was wrong, for a person to read; null when nothing was.</param>
[GenerateSerializer, Immutable, Alias("OrleansStream.AppendReply")]
public readonly record struct AppendReply(
    [property: Id(0)] StreamError Error,
    [property: Id(1)] long BaseOffset,
    [property: Id(2)] long LogAppendTimestamp,
    [property: Id(3)] long LogStartOffset,
    [property: Id(4)] string? Message)
{
    /// <summary>A refusal.</summary>
    public static AppendReply Refused(StreamError error, string? message = null) => new(error, -1, -1, -1, message);
}
