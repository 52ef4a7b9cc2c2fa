namespace OrleansStream.Crash.Load;

/// <summary>A batch that was sent and not answered.</summary>
/// <param name="Bytes">Sent again just as it was, if it is sent again.</param>
internal readonly record struct PendingBatch(int FirstSequence, int RecordCount, byte[] Bytes);
