using OrleansStream.Protocols.Batches;

namespace OrleansStream.Engine.Log.Compaction;

/// <summary>What a pass remembers of the records it has noted: which of them is its key's last one.</summary>
/// <remarks>
/// Each record noted is one look into the <see cref="OffsetMap"/>, and tells at once which earlier one it supersedes.
/// So only records from before the range have to be looked up again.
///
/// Not thread-safe while records are noted: the pass owns it. Afterwards any number of threads may ask at once.
/// </remarks>
public sealed class CompactionMemory : IDisposable
{
    /// <summary>
    /// How much of the memory may be for single offsets: with a bit for each, enough for far more records than the rest
    /// has keys for.
    /// </summary>
    private const int OffsetsShare = 16;

    /// <summary>
    /// How many keys ahead the places in the map are fetched: more than reads of memory a core can wait for, and few
    /// enough that what was fetched for the first of them is still in its cache after the last.
    /// </summary>
    private const int FetchedAhead = 64;

    private readonly OffsetMap _map;
    private readonly SupersededOffsets _superseded;

    /// <param name="startOffset">Where the range begins.</param>
    /// <param name="count">How many offsets it has.</param>
    /// <param name="maxBytes">The memory it takes at most.</param>
    /// <param name="seed">Secret: see <see cref="KeyHash"/>.</param>
    public CompactionMemory(long startOffset, long count, long maxBytes, UInt128 seed)
    {
        _superseded = new SupersededOffsets(startOffset, count, maxBytes / OffsetsShare);
        _map = new OffsetMap(startOffset, count, maxBytes - _superseded.LengthBytes);
        Seed = seed;
    }

    /// <summary>What keys are hashed with here.</summary>
    public UInt128 Seed { get; }

    /// <summary>The hashes by which the records of a batch can be looked up here.</summary>
    /// <param name="chunk">Memory for those that are hashed at a time.</param>
    public KeyHashReader Hash(ReadOnlySpan<byte> records, in BatchHeader header, Span<KeyHash> chunk)
        => new(new RecordKeyReader(records, header.RecordCount, header.LastOffsetDelta), _map, Seed, chunk);

    /// <summary>Notes records of the range. Offsets come in ascending order.</summary>
    /// <returns>The offset of the first one whose key finds no room; null when all are noted.</returns>
    public long? Note(ReadOnlySpan<DirtyKey> keys)
    {
        for (var i = 0; i < Math.Min(FetchedAhead, keys.Length); i++)
        {
            _map.Prefetch(keys[i].Hash);
        }

        for (var i = 0; i < keys.Length; i++)
        {
            if (i + FetchedAhead < keys.Length)
            {
                _map.Prefetch(keys[i + FetchedAhead].Hash);
            }

            if (!TryNote(keys[i]))
            {
                return keys[i].Offset;
            }
        }

        return null;
    }

    /// <summary>Whether <see cref="IsSuperseded(long)"/> can tell of noted records between two offsets.</summary>
    public bool Remembers(long firstOffset, long lastOffset)
        => _superseded.Knows(firstOffset) && _superseded.Knows(lastOffset);

    /// <summary>Whether a later record than a noted one has its key.</summary>
    public bool IsSuperseded(long offset) => _superseded.Contains(offset);

    /// <summary>Whether a later record than the one at an offset has the same key.</summary>
    public bool IsSuperseded(in KeyHash key, long offset) => _map.IsSuperseded(key, offset);

    public void Dispose()
    {
        _map.Dispose();
        _superseded.Dispose();
    }

    private bool TryNote(in DirtyKey key)
    {
        if (!_map.TryPut(key.Hash, key.Offset, out var formerOffset))
        {
            return false;
        }

        // A record noted twice supersedes itself no more than one noted once.
        if (formerOffset >= 0 && formerOffset < key.Offset)
        {
            _superseded.Add(formerOffset);
        }

        return true;
    }
}
