namespace OrleansStream.Protocols.Batches;

/// <summary>One record inside the bytes of its batch; valid as long as they are.</summary>
public readonly ref struct RecordView
{
    /// <summary>To be added to the batch's base offset.</summary>
    public int OffsetDelta { get; init; }

    /// <summary>Milliseconds to be added to the batch's base timestamp, unless the log set the time.</summary>
    public long TimestampDelta { get; init; }

    /// <summary>Empty where there is none; <see cref="HasKey"/> tells that from an empty one.</summary>
    public ReadOnlySpan<byte> Key { get; init; }

    public bool HasKey { get; init; }

    /// <summary>Empty where there is none; <see cref="HasValue"/> tells that from an empty one.</summary>
    public ReadOnlySpan<byte> Value { get; init; }

    public bool HasValue { get; init; }

    public int HeaderCount { get; init; }

    /// <summary>To be enumerated with <c>foreach</c>.</summary>
    public HeaderEnumerator Headers => new(HeaderBytes);

    /// <summary>The headers as they stand in the record, already walked once.</summary>
    internal ReadOnlySpan<byte> HeaderBytes { get; init; }
}

/// <summary>One header of a record.</summary>
public readonly ref struct HeaderView(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, bool hasValue)
{
    /// <summary>UTF-8, as the producer sent it; not checked.</summary>
    public ReadOnlySpan<byte> Key { get; } = key;

    /// <summary>Empty where there is none; <see cref="HasValue"/> tells that from an empty one.</summary>
    public ReadOnlySpan<byte> Value { get; } = value;

    public bool HasValue { get; } = hasValue;
}

/// <summary>The headers of a record, in order.</summary>
public ref struct HeaderEnumerator
{
    private RecordCursor _cursor;
    private HeaderView _current;

    internal HeaderEnumerator(ReadOnlySpan<byte> headers)
    {
        _cursor = new RecordCursor(headers);
        _current = default;
    }

    public readonly HeaderView Current => _current;

    public readonly HeaderEnumerator GetEnumerator() => this;

    public bool MoveNext() => !_cursor.IsAtEnd && _cursor.TryReadHeader(out _current);
}
