using System.Text;
using OrleansStream.Protocols.Batches;

namespace OrleansStream.Client;

/// <summary>A record read, with memory of its own: it may be kept.</summary>
/// <param name="Key">Null when there is none.</param>
/// <param name="Value">Null says that what the key stands for is deleted.</param>
public sealed record ConsumedRecord(
    TopicPartition Partition,
    long Offset,
    DateTimeOffset Timestamp,
    ReadOnlyMemory<byte>? Key,
    ReadOnlyMemory<byte>? Value,
    IReadOnlyList<Header> Headers);

/// <summary>A record read, with key and value as what they mean.</summary>
/// <param name="Key">The default when there is none.</param>
/// <param name="Value">The default when there is none.</param>
public sealed record ConsumedRecord<TKey, TValue>(
    TopicPartition Partition,
    long Offset,
    DateTimeOffset Timestamp,
    TKey? Key,
    TValue? Value,
    IReadOnlyList<Header> Headers);

/// <summary>A record where it lies in the batch it was fetched with; valid until the next is read.</summary>
public readonly ref struct RecordSpan
{
    private readonly RecordView _view;

    internal RecordSpan(RecordView view, long offset, long timestampMs)
    {
        _view = view;
        Offset = offset;
        TimestampMs = timestampMs;
    }

    public long Offset { get; }

    /// <summary>Milliseconds since 1970; -1 when the record has none.</summary>
    public long TimestampMs { get; }

    /// <summary>Empty where there is none; <see cref="HasKey"/> tells that from an empty one.</summary>
    public ReadOnlySpan<byte> Key => _view.Key;

    public bool HasKey => _view.HasKey;

    /// <summary>Empty where there is none; <see cref="HasValue"/> tells that from an empty one.</summary>
    public ReadOnlySpan<byte> Value => _view.Value;

    public bool HasValue => _view.HasValue;

    /// <summary>To be enumerated with <c>foreach</c>.</summary>
    public HeaderEnumerator Headers => _view.Headers;

    /// <summary>A copy that may be kept.</summary>
    public ConsumedRecord ToRecord(TopicPartition partition)
    {
        // Key and value share one array.
        var bytes = new byte[Key.Length + Value.Length];
        Key.CopyTo(bytes);
        Value.CopyTo(bytes.AsSpan(Key.Length));
        return new ConsumedRecord(
            partition,
            Offset,
            DateTimeOffset.FromUnixTimeMilliseconds(TimestampMs),
            HasKey ? (ReadOnlyMemory<byte>?)new ReadOnlyMemory<byte>(bytes, 0, Key.Length) : null,
            HasValue ? (ReadOnlyMemory<byte>?)new ReadOnlyMemory<byte>(bytes, Key.Length, Value.Length) : null,
            CopyHeaders());
    }

    internal Header[] CopyHeaders()
    {
        if (_view.HeaderCount == 0)
        {
            return [];
        }

        var headers = new Header[_view.HeaderCount];
        var count = 0;
        foreach (var header in _view.Headers)
        {
            headers[count++] = new Header(
                Encoding.UTF8.GetString(header.Key),
                header.HasValue ? header.Value.ToArray() : default(ReadOnlyMemory<byte>?));
        }

        return headers;
    }
}
