namespace OrleansStream.Engine.Log.Compaction;

/// <summary>The last offset of each key in a stretch of a log, in memory of a fixed size.</summary>
/// <remarks>
/// Open addressing over one array, so that a key costs 24 bytes and mostly one cache line. Knows keys by their hash
/// only. Not thread-safe: the pass that fills it owns it.
/// </remarks>
public sealed class OffsetMap
{
    public const int EntryBytes = 24;

    /// <summary>How full it may get: beyond it, searches for a free place become long.</summary>
    private const double MaxLoad = 0.8;

    private readonly UInt128 _seed;
    private readonly Entry[] _entries;
    private readonly int _capacity;

    /// <param name="keys">How many keys are expected at most.</param>
    /// <param name="maxBytes">The memory it takes at most, however many keys are expected.</param>
    /// <param name="seed">Secret: see <see cref="KeyHash"/>.</param>
    public OffsetMap(long keys, long maxBytes, UInt128 seed)
    {
        _seed = seed;
        var needed = Math.Min(keys, Array.MaxLength / 2) / MaxLoad;
        _entries = new Entry[(int)Math.Clamp(needed + 1, 2, Math.Clamp(maxBytes / EntryBytes, 2, Array.MaxLength))];
        _capacity = Math.Max(1, (int)(_entries.Length * MaxLoad));
    }

    public int Count { get; private set; }

    /// <summary>Notes the last offset of a key. Offsets come in ascending order.</summary>
    /// <returns>False when there is no room for another key; then nothing is noted.</returns>
    public bool TryPut(ReadOnlySpan<byte> key, long offset)
    {
        var hash = KeyHash.Compute(key, _seed);
        ref var entry = ref Find(hash);
        if (!entry.IsUsed)
        {
            if (Count == _capacity)
            {
                return false;
            }

            Count++;
        }

        entry = new Entry(hash, offset);
        return true;
    }

    /// <summary>Whether a later record than the one at an offset has the same key.</summary>
    public bool IsSuperseded(ReadOnlySpan<byte> key, long offset)
    {
        ref var entry = ref Find(KeyHash.Compute(key, _seed));
        return entry.IsUsed && offset < entry.Offset;
    }

    // The key's entry, or the free one where it belongs.
    private ref Entry Find(KeyHash hash)
    {
        var index = (int)Math.BigMul(hash.High, (ulong)_entries.Length, out _);
        while (_entries[index].IsUsed && _entries[index].Hash != hash)
        {
            index = index + 1 == _entries.Length ? 0 : index + 1;
        }

        return ref _entries[index];
    }

    private readonly struct Entry(KeyHash hash, long offset)
    {
        private readonly long _nextOffset = offset + 1; // Zero in an entry that is not used.

        public KeyHash Hash { get; } = hash;

        public long Offset => _nextOffset - 1;

        public bool IsUsed => _nextOffset != 0;
    }
}
