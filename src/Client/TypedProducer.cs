using System.Buffers;
using OrleansStream.Client.Serialization;

namespace OrleansStream.Client;

/// <summary>A producer to which keys and values are given as what they mean.</summary>
/// <remarks>A view of a <see cref="Producer"/>, which stays whoever's it is. Thread-safe.</remarks>
public sealed class TypedProducer<TKey, TValue>(Producer producer, ISerializer<TKey> keys, ISerializer<TValue> values)
{
    /// <summary>Sends a record and completes when it is stored; see <see cref="Producer"/>.</summary>
    /// <param name="key">Null for none.</param>
    /// <param name="value">Null says that what the key stands for is deleted.</param>
    /// <exception cref="StreamException">It was refused, or not stored in time.</exception>
    public ValueTask<DeliveryResult> SendAsync(
        string topic,
        TKey? key,
        TValue? value,
        IReadOnlyList<Header>? headers = null,
        CancellationToken cancellationToken = default)
        => producer.SendAsync(ToRecord(topic, key, value, headers), cancellationToken);

    /// <summary>Takes a record to be sent; <see cref="Producer.FlushAsync"/> waits for it.</summary>
    /// <exception cref="StreamException">The topic cannot be written to.</exception>
    public ValueTask PostAsync(
        string topic,
        TKey? key,
        TValue? value,
        IReadOnlyList<Header>? headers = null,
        CancellationToken cancellationToken = default)
        => producer.PostAsync(ToRecord(topic, key, value, headers), cancellationToken);

    private OutgoingRecord ToRecord(string topic, TKey? key, TValue? value, IReadOnlyList<Header>? headers)
    {
        // Key and value share one buffer, which may grow while the value is written: sliced only then.
        var bytes = new ArrayBufferWriter<byte>();
        if (key is not null)
        {
            keys.Serialize(key, bytes);
        }

        var keyBytes = bytes.WrittenCount;
        if (value is not null)
        {
            values.Serialize(value, bytes);
        }

        return new OutgoingRecord(
            topic,
            key is null ? default(ReadOnlyMemory<byte>?) : bytes.WrittenMemory[..keyBytes],
            value is null ? default(ReadOnlyMemory<byte>?) : bytes.WrittenMemory[keyBytes..])
        {
            Headers = headers,
        };
    }
}
