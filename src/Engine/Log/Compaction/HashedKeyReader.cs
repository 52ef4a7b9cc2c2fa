using OrleansStream.Protocols;
using OrleansStream.Protocols.Batches;

namespace OrleansStream.Engine.Log.Compaction;

/// <summary>The hash of a record's key, and the record's place in its batch.</summary>
/// <param name="HasKey">Where not, the hash is that of nothing.</param>
public readonly record struct HashedKey(KeyHash Hash, int OffsetDelta, bool HasKey);

/// <summary>Enumerates the keys of a batch's records as hashes.</summary>
/// <remarks>
/// Hashes some records ahead and has the processor fetch their places in the map: the map is larger than its cache, and
/// waiting for one place after the other would take longer than everything else.
/// </remarks>
/// <param name="ahead">Memory for what is read ahead; its length is a power of two.</param>
public ref struct HashedKeyReader(
    RecordKeyReader records, OffsetMap map, UInt128 seed, Span<HashedKey> ahead)
{
    private readonly Span<HashedKey> _ahead = ahead;
    private RecordKeyReader _records = records;
    private bool _isAtEnd;
    private int _readCount;
    private int _takenCount;

    public readonly HashedKey Current => _ahead[(_takenCount - 1) & (_ahead.Length - 1)];

    public readonly HashedKeyReader GetEnumerator() => this;

    /// <summary>Moves to the next record; false after the last.</summary>
    /// <exception cref="ProtocolException">A record ahead is malformed, or there are more or fewer.</exception>
    public bool MoveNext()
    {
        while (!_isAtEnd && _readCount - _takenCount < _ahead.Length)
        {
            ReadAhead();
        }

        if (_takenCount == _readCount)
        {
            return false;
        }

        _takenCount++;
        return true;
    }

    private void ReadAhead()
    {
        if (!_records.MoveNext())
        {
            _isAtEnd = true;
            return;
        }

        var record = _records.Current;
        var hash = KeyHash.Compute(record.Key, seed);
        map.Prefetch(hash);
        _ahead[_readCount & (_ahead.Length - 1)] = new HashedKey(hash, record.OffsetDelta, record.HasKey);
        _readCount++;
    }
}
