namespace OrleansStream.Protocols.Batches;

/// <summary>Where a reader stands among the records of a batch, so that another can go on from there.</summary>
/// <param name="Position">The byte where the next record begins.</param>
/// <param name="ReadCount">How many records are before it.</param>
public readonly record struct ReaderPlace(int Position, int ReadCount);

/// <summary>Enumerates the records of a batch in place, without allocating.</summary>
/// <remarks>
/// Reads what <see cref="BatchCompression.Decompress"/> returned, or the bytes after the header of a batch that is not
/// compressed. Offset deltas are reported as they are: a batch that was rewritten may have gaps.
/// </remarks>
public ref struct BatchReader
{
    private readonly int _recordCount;
    private RecordCursor _cursor;
    private RecordView _current;
    private int _readCount;

    /// <param name="start">Where another reader of the same records stood; by default before the first.</param>
    public BatchReader(ReadOnlySpan<byte> records, int recordCount, ReaderPlace start = default)
    {
        _cursor = new RecordCursor(records, start.Position);
        _readCount = start.ReadCount;
        _recordCount = recordCount;
        _current = default;
    }

    public readonly RecordView Current => _current;

    /// <summary>After the current record.</summary>
    public readonly ReaderPlace Place => new(_cursor.Position, _readCount);

    public readonly BatchReader GetEnumerator() => this;

    /// <summary>Moves to the next record; false after the last.</summary>
    /// <exception cref="ProtocolException">The bytes are no record, or there are more or fewer records.</exception>
    public bool MoveNext()
    {
        if (_readCount == _recordCount)
        {
            return _cursor.IsAtEnd
                ? false
                : throw new ProtocolException($"More bytes follow the last of {_recordCount} records.");
        }

        if (!_cursor.TryReadRecord(out _current))
        {
            throw new ProtocolException(_cursor.Fault.Describe(_readCount));
        }

        _readCount++;
        return true;
    }
}
