namespace OrleansStream.Protocols.Batches;

/// <summary>A stretch of whole records, in bytes from the first record of their batch.</summary>
public readonly record struct RecordRun(int Start, int End)
{
    public int LengthBytes => End - Start;
}

/// <summary>What is left of a batch: which of its records, and what its header says of them.</summary>
public readonly ref struct RetainedRecords
{
    /// <summary>In order.</summary>
    public ReadOnlySpan<RecordRun> Runs { get; init; }

    public int RecordCount { get; init; }

    /// <summary>The latest timestamp of these records.</summary>
    public long MaxTimestamp { get; init; }

    /// <summary>
    /// When its tombstones may go, in milliseconds since 1970, where the batch is to say so from now on; else null.
    /// </summary>
    public long? DeleteHorizon { get; init; }
}
