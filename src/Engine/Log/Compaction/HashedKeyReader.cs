using OrleansStream.Protocols;
using OrleansStream.Protocols.Batches;

namespace OrleansStream.Engine.Log.Compaction;

/// <summary>The hash of a record's key, and the record's place in its batch.</summary>
/// <param name="HasKey">Where not, the hash is that of nothing.</param>
public readonly record struct HashedKey(KeyHash Hash, int OffsetDelta, bool HasKey);

/// <summary>Enumerates the keys of a batch's records as hashes.</summary>
/// <remarks>
/// Hashes a number of records at a time and has the processor fetch their places in the map meanwhile: the map is
/// larger than its cache, and waiting for one place after the other would take longer than everything else.
/// </remarks>
/// <param name="chunk">Memory for what is hashed at a time.</param>
public ref struct HashedKeyReader(RecordKeyReader records, OffsetMap map, UInt128 seed, Span<HashedKey> chunk)
{
    private readonly Span<HashedKey> _chunk = chunk;
    private RecordKeyReader _records = records;
    private int _count;
    private int _index;

    public readonly ref readonly HashedKey Current => ref _chunk[_index];

    public readonly HashedKeyReader GetEnumerator() => this;

    /// <summary>Moves to the next record; false after the last.</summary>
    /// <exception cref="ProtocolException">A record of the chunk is malformed, or there are more or fewer.</exception>
    public bool MoveNext() => ++_index < _count || ReadChunk();

    // On copies of the fields: what only this method has can stay in registers.
    private bool ReadChunk()
    {
        var records = _records;
        var chunk = _chunk;
        var count = 0;
        while (count < chunk.Length && records.MoveNext())
        {
            var hash = KeyHash.Compute(records.Current.Key, seed);
            map.Prefetch(hash);
            chunk[count++] = new HashedKey(hash, records.Current.OffsetDelta, records.Current.HasKey);
        }

        _records = records;
        _count = count;
        _index = 0;
        return count > 0;
    }
}
