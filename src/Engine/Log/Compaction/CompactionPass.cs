namespace OrleansStream.Engine.Log.Compaction;

/// <summary>What is known of a log while it is compacted once.</summary>
/// <remarks>
/// First the <see cref="DirtyKeys"/> of all dirty batches are noted, as far as there is memory for them. Then a
/// <see cref="BatchCompactor"/>, or several at once, go through the whole log up to there.
///
/// Both take in stretches of the log, in order, one after another: the pass itself is not thread-safe. Only while
/// nothing is noted any more, compactors may ask it at any time.
/// </remarks>
/// <param name="memory">For the range; disposed with this.</param>
/// <param name="range">What is to be noted, if there is room for it.</param>
/// <param name="now">Milliseconds since 1970.</param>
/// <param name="deleteRetention">How long tombstones stay, in milliseconds.</param>
public sealed class CompactionPass(CompactionMemory memory, DirtyRange range, long now, long deleteRetention)
    : IDisposable
{
    /// <summary>Where the next record to be noted is; the pass covers everything before it.</summary>
    public long EndOffset { get; private set; } = range.StartOffset;

    /// <summary>Whether a batch had to stay as it is: its keys may be any.</summary>
    public bool HasUndecoded { get; private set; }

    /// <summary>When tombstones that are met now may go, in milliseconds since 1970.</summary>
    public long DeleteHorizon => deleteRetention > long.MaxValue - now ? long.MaxValue : now + deleteRetention;

    internal CompactionMemory Memory => memory;

    /// <summary>Whether tombstones that are to be kept until a time may go.</summary>
    public bool IsPast(long deleteHorizon) => deleteHorizon <= now;

    /// <summary>For reading keys that this can note.</summary>
    public DirtyKeys CreateKeys() => new(range, memory.Seed);

    /// <summary>Notes the keys that follow those noted before.</summary>
    /// <returns>False when the range ends, or the memory has no room for all of them.</returns>
    /// <exception cref="InvalidDataException">A batch does not match its checksum.</exception>
    public bool TryNote(DirtyKeys keys)
    {
        while (true)
        {
            if (memory.Note(keys.Keys) is { } full)
            {
                EndOffset = full;
                return false;
            }

            EndOffset = keys.EndOffset ?? EndOffset;
            if (keys.IsAtEnd)
            {
                return !keys.IsAtEndOfRange;
            }

            keys.ReadOn();
        }
    }

    /// <summary>Takes in what was made of the batches that follow those taken in before.</summary>
    /// <returns>
    /// False when it has to be made again: it was made before it was known that a batch before them cannot be decoded.
    /// </returns>
    public bool TryTake(in CompactedBatches batches)
    {
        if (HasUndecoded && batches.HasNewHorizon)
        {
            return false;
        }

        HasUndecoded |= batches.HasUndecoded;
        return true;
    }

    public void Dispose() => memory.Dispose();
}
