namespace OrleansStream.Protocols.Batches;

/// <summary>As much of a record as compaction looks at; valid as long as the bytes of its batch are.</summary>
public readonly ref struct RecordKey
{
    /// <summary>Where the record begins, with its length, among the records of the batch.</summary>
    public int Start { get; init; }

    /// <summary>Where the record ends.</summary>
    public int End { get; init; }

    /// <summary>To be added to the batch's base offset.</summary>
    public int OffsetDelta { get; init; }

    /// <summary>Milliseconds to be added to the batch's base timestamp, unless the log set the time.</summary>
    public long TimestampDelta { get; init; }

    /// <summary>Empty where there is none; <see cref="HasKey"/> tells that from an empty one.</summary>
    public ReadOnlySpan<byte> Key { get; init; }

    public bool HasKey { get; init; }

    /// <summary>Whether it says that its key is gone: a record without a value.</summary>
    public bool IsTombstone { get; init; }

    internal byte Attributes { get; init; }

    /// <summary>Where the key's length stands: everything from there on is the same in every batch.</summary>
    internal int KeyPosition { get; init; }
}

/// <summary>A place between two records of a batch.</summary>
/// <param name="Start">In bytes, among the records of the batch.</param>
/// <param name="ReadCount">How many records are before it.</param>
/// <param name="OffsetDelta">The smallest that the next record may have.</param>
public readonly record struct RecordPosition(int Start, int ReadCount, int OffsetDelta);

/// <summary>Enumerates the keys of a batch's records in place and skips the rest of each.</summary>
/// <remarks>
/// Reads what <see cref="BatchReader"/> reads, in the format of <see cref="RecordCursor"/>, but judges only what it
/// needs: the batch was validated when it was appended, and its checksum is the caller's to compare. Offsets are
/// judged, as nobody looks into a compressed batch before: they ascend, and none is another batch's.
/// </remarks>
/// <param name="from">Where to begin: at the first record, or where another reader of the same batch was.</param>
public ref struct RecordKeyReader(
    ReadOnlySpan<byte> records, int recordCount, int lastOffsetDelta, RecordPosition from = default)
{
    private const int AttributesBytes = 1;

    private readonly ReadOnlySpan<byte> _records = records;
    private RecordKey _current;
    private int _position = from.Start;
    private int _readCount = from.ReadCount;
    private int _nextOffsetDelta = from.OffsetDelta;

    public readonly RecordKey Current => _current;

    /// <summary>Where the next record is.</summary>
    public readonly RecordPosition Position => new(_position, _readCount, _nextOffsetDelta);

    public readonly RecordKeyReader GetEnumerator() => this;

    /// <summary>Moves to the next record; false after the last.</summary>
    /// <exception cref="ProtocolException">The bytes are no record, or there are more or fewer records.</exception>
    public bool MoveNext()
    {
        if (_readCount == recordCount)
        {
            return _position == _records.Length ? false : throw Malformed();
        }

        var start = _position;
        if (!VarInt.TryRead(_records, ref _position, out var length)
            || length < AttributesBytes
            || length > _records.Length - _position)
        {
            throw Malformed();
        }

        _current = Read(start, _position + length);
        if (_current.OffsetDelta < _nextOffsetDelta || _current.OffsetDelta > lastOffsetDelta)
        {
            throw Malformed();
        }

        _nextOffsetDelta = _current.OffsetDelta + 1;
        _position += length;
        _readCount++;
        return true;
    }

    private readonly RecordKey Read(int start, int end)
    {
        var record = _records[..end];
        var position = _position + AttributesBytes;
        if (!VarInt.TryReadLong(record, ref position, out var timestampDelta)
            || !VarInt.TryRead(record, ref position, out var offsetDelta))
        {
            throw Malformed();
        }

        var keyPosition = position;
        if (!VarInt.TryRead(record, ref position, out var keyBytes) || keyBytes > end - position)
        {
            throw Malformed();
        }

        var key = record.Slice(position, Math.Max(keyBytes, 0));
        position += key.Length;
        return VarInt.TryRead(record, ref position, out var valueBytes)
            ? new RecordKey
            {
                Start = start,
                End = end,
                OffsetDelta = offsetDelta,
                TimestampDelta = timestampDelta,
                Key = key,
                HasKey = keyBytes >= 0,
                IsTombstone = valueBytes < 0,
                Attributes = record[_position],
                KeyPosition = keyPosition,
            }
            : throw Malformed();
    }

    private readonly ProtocolException Malformed()
        => new($"Record {_readCount} of {recordCount}, at byte {_position}, is malformed.");
}
