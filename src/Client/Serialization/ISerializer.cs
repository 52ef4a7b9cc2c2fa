using System.Buffers;

namespace OrleansStream.Client.Serialization;

/// <summary>Turns values into the bytes of keys or of values. Thread-safe.</summary>
public interface ISerializer<in T>
{
    /// <summary>Writes a value that is not null; null is a record without key, or without value.</summary>
    void Serialize(T value, IBufferWriter<byte> output);
}

/// <summary>Turns bytes of keys or of values back into what they mean. Thread-safe.</summary>
public interface IDeserializer<out T>
{
    /// <summary>Reads bytes, which must not be kept.</summary>
    /// <exception cref="FormatException">The bytes do not mean anything.</exception>
    T Deserialize(ReadOnlySpan<byte> bytes);
}

/// <summary>Both directions.</summary>
public interface ISerde<T> : ISerializer<T>, IDeserializer<T>;
