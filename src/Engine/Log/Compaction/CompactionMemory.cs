using OrleansStream.Protocols.Batches;

namespace OrleansStream.Engine.Log.Compaction;

/// <summary>What a pass remembers of the records it has noted: which of them is its key's last one.</summary>
/// <remarks>
/// Each record noted is one look into the <see cref="OffsetMap"/>, and tells at once which earlier one it supersedes.
/// So only records from before the range have to be looked up again.
///
/// Not thread-safe: the pass owns it.
/// </remarks>
public sealed class CompactionMemory : IDisposable
{
    /// <summary>
    /// How much of the memory may be for single offsets: with a bit for each, enough for far more records than the rest
    /// has keys for.
    /// </summary>
    private const int OffsetsShare = 16;

    /// <summary>
    /// How many records are hashed at a time: more than reads of memory a core can wait for, and few enough that what
    /// was fetched for the first of them is still in its cache after the last.
    /// </summary>
    private const int ChunkCount = 128;

    private readonly OffsetMap _map;
    private readonly SupersededOffsets _superseded;
    private readonly UInt128 _seed;
    private readonly HashedKey[] _chunk = new HashedKey[ChunkCount];

    /// <param name="startOffset">Where the range begins.</param>
    /// <param name="count">How many offsets it has.</param>
    /// <param name="maxBytes">The memory it takes at most.</param>
    /// <param name="seed">Secret: see <see cref="KeyHash"/>.</param>
    public CompactionMemory(long startOffset, long count, long maxBytes, UInt128 seed)
    {
        _superseded = new SupersededOffsets(startOffset, count, maxBytes / OffsetsShare);
        _map = new OffsetMap(startOffset, count, maxBytes - _superseded.LengthBytes);
        _seed = seed;
    }

    /// <summary>The keys of a batch's records as they are noted and looked up here; one batch at a time.</summary>
    public HashedKeyReader Hash(ReadOnlySpan<byte> records, in BatchHeader header)
        => new(new RecordKeyReader(records, header.RecordCount, header.LastOffsetDelta), _map, _seed, _chunk);

    /// <summary>Notes a record of the range. Offsets come in ascending order.</summary>
    /// <returns>False when there is no room for another key; then nothing is noted.</returns>
    public bool TryNote(in KeyHash key, long offset)
    {
        if (!_map.TryPut(key, offset, out var formerOffset))
        {
            return false;
        }

        // A record noted twice supersedes itself no more than one noted once.
        if (formerOffset >= 0 && formerOffset < offset)
        {
            _superseded.Add(formerOffset);
        }

        return true;
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
}
