namespace OrleansStream.Protocols.Batches;

/// <summary>Walks uncompressed records one by one, and stops at the first byte that cannot be right.</summary>
/// <remarks>
/// A record, numbers being zigzag varints:
/// <code>
/// length of what follows | attributes, 1 byte, unused | timestamp delta | offset delta
/// key length, -1 for null | key | value length, -1 for null | value
/// header count | per header: key length, key, value length, -1 for null, value
/// </code>
/// https://kafka.apache.org/documentation/#record
///
/// Never throws. A fault sticks: once one is found, every further read yields nothing.
/// </remarks>
internal ref struct RecordCursor(ReadOnlySpan<byte> records, int position = 0)
{
    private readonly ReadOnlySpan<byte> _records = records;

    /// <summary>The bytes that may be read: all of them, or those of the current record.</summary>
    private ReadOnlySpan<byte> _window = records;

    private int _position = position;
    private RecordFault _fault;

    public readonly RecordFault Fault => _fault;

    /// <summary>The byte that is read next.</summary>
    public readonly int Position => _position;

    public readonly bool IsAtEnd => _position == _records.Length;

    /// <summary>Reads a whole record, its headers included.</summary>
    public bool TryReadRecord(out RecordView record)
    {
        _window = _records;
        var start = _position;
        var length = ReadInt("record length");
        if (length <= 0 || length > _records.Length - _position)
        {
            record = default;
            return Fail("record length", length, start);
        }

        _window = _records[..(_position + length)];
        _position++; // The attributes; no bit of them has a meaning.
        record = ReadFields();
        return !_fault.IsFound && (_position == _window.Length || Fail("record length", length, start));
    }

    /// <summary>Reads one header; the cursor stands inside the headers of a record.</summary>
    public bool TryReadHeader(out HeaderView header)
    {
        var start = _position;
        var key = ReadBytes("header key length", out var hasKey);
        if (!hasKey)
        {
            header = default;
            return Fail("header key length", -1, start);
        }

        var value = ReadBytes("header value length", out var hasValue);
        header = new HeaderView(key, value, hasValue);
        return !_fault.IsFound;
    }

    /// <summary>Keeps the first fault.</summary>
    public bool Fail(string field, long? value, int position)
    {
        if (!_fault.IsFound)
        {
            _fault = new RecordFault(field, value, position);
        }

        return false;
    }

    private RecordView ReadFields()
    {
        var timestampDelta = ReadLong("timestamp delta");
        var offsetDelta = ReadInt("offset delta");
        var key = ReadBytes("key length", out var hasKey);
        var value = ReadBytes("value length", out var hasValue);
        var headerCount = ReadHeaderCount();
        var headersStart = _position;
        for (var i = 0; i < headerCount && TryReadHeader(out _); i++)
        {
        }

        return new RecordView
        {
            OffsetDelta = offsetDelta,
            TimestampDelta = timestampDelta,
            Key = key,
            HasKey = hasKey,
            Value = value,
            HasValue = hasValue,
            HeaderCount = headerCount,
            HeaderBytes = _window[headersStart.._position],
        };
    }

    private int ReadHeaderCount()
    {
        var start = _position;
        var count = ReadInt("header count");
        if (count < 0)
        {
            Fail("header count", count, start);
        }

        return count;
    }

    private ReadOnlySpan<byte> ReadBytes(string field, out bool exists)
    {
        var start = _position;
        var length = ReadInt(field);
        exists = length >= 0;
        if (length < -1 || length > _window.Length - _position)
        {
            Fail(field, length, start);
        }

        if (_fault.IsFound || !exists)
        {
            return default;
        }

        var bytes = _window.Slice(_position, length);
        _position += length;
        return bytes;
    }

    private int ReadInt(string field)
    {
        if (!_fault.IsFound && VarInt.TryRead(_window, ref _position, out var value))
        {
            return value;
        }

        Fail(field, null, _position);
        return 0;
    }

    private long ReadLong(string field)
    {
        if (!_fault.IsFound && VarInt.TryReadLong(_window, ref _position, out var value))
        {
            return value;
        }

        Fail(field, null, _position);
        return 0;
    }
}
