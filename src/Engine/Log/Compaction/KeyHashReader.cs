using OrleansStream.Protocols;
using OrleansStream.Protocols.Batches;

namespace OrleansStream.Engine.Log.Compaction;

/// <summary>Enumerates the hashes of the keys of a batch's records; of nothing where a record has none.</summary>
/// <remarks>
/// Hashes a number of records at a time and has the processor fetch their places in the map meanwhile: the map is
/// larger than its cache, and waiting for one place after the other would take longer than everything else.
/// </remarks>
/// <param name="chunk">Memory for what is hashed at a time.</param>
public ref struct KeyHashReader(RecordKeyReader records, OffsetMap map, UInt128 seed, Span<KeyHash> chunk)
{
    /// <summary>
    /// A good number to hash at a time: more than reads of memory a core can wait for, and few enough that what was
    /// fetched for the first of them is still in its cache after the last.
    /// </summary>
    public const int ChunkCount = 128;

    private readonly Span<KeyHash> _chunk = chunk;
    private RecordKeyReader _records = records;
    private int _count;
    private int _index;

    public readonly ref readonly KeyHash Current => ref _chunk[_index];

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
            chunk[count++] = hash;
        }

        _records = records;
        _count = count;
        _index = 0;
        return count > 0;
    }
}
