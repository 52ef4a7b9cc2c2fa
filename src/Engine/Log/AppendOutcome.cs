using OrleansStream.Contracts;

namespace OrleansStream.Engine.Log;

/// <summary>What became of a batch.</summary>
/// <param name="BaseOffset">
/// The first offset, of the original when the batch was a retry; -1 when it was refused.
/// </param>
/// <param name="NextOffset">The offset after its last record.</param>
/// <param name="LogAppendTimestamp">Milliseconds since 1970 where the log sets the timestamps, else -1.</param>
/// <param name="Stored">The batch as it lies in the log; empty when nothing new was stored.</param>
public readonly record struct AppendOutcome(
    StreamError Error,
    long BaseOffset,
    long NextOffset,
    long LogAppendTimestamp,
    ReadOnlyMemory<byte> Stored)
{
    public static AppendOutcome Refused(StreamError error) => new(error, -1, -1, -1, default);
}
