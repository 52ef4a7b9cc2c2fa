namespace OrleansStream.Crash.Model;

/// <summary>What is known of one sender's records: it numbers them from 0 and sends them in that order.</summary>
/// <remarks>Guarded by the partition it sends to.</remarks>
internal sealed class Sender(int number, bool retries)
{
    public int Number => number;

    /// <summary>
    /// Whether it sends a record again until it is acknowledged, as an idempotent producer. One that does not leaves
    /// gaps: a record without an answer may or may not be stored.
    /// </summary>
    public bool Retries => retries;

    /// <summary>The last record handed to the network; -1 for none.</summary>
    public int LastSent { get; set; } = -1;

    /// <summary>The last record known to be stored or to be lost: nothing up to it may still appear.</summary>
    public int LastSettled { get; set; } = -1;
}
