using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace OrleansStream.Client.Serialization;

#pragma warning disable CA1720 // The formats are named after the types they hold.

/// <summary>The formats that come with this library.</summary>
public static class Serdes
{
    /// <summary>The bytes themselves.</summary>
    public static ISerde<byte[]> Bytes { get; } = new BytesSerde();

    /// <summary>Text as UTF-8.</summary>
    public static ISerde<string> Utf8 { get; } = new Utf8Serde();

    /// <summary>Four bytes, the most significant first, as Kafka's own serializer writes them.</summary>
    public static ISerde<int> Int32 { get; } = new Int32Serde();

    /// <summary>Eight bytes, the most significant first.</summary>
    public static ISerde<long> Int64 { get; } = new Int64Serde();

    /// <summary>JSON, by code that the compiler generated: <c>Json(MyContext.Default.Order)</c>.</summary>
    public static ISerde<T> Json<T>(JsonTypeInfo<T> type) => new JsonSerde<T>(type);

    private static FormatException WrongLength(int length, int expected)
        => new($"There are {length} bytes, not {expected}.");

    private sealed class BytesSerde : ISerde<byte[]>
    {
        public void Serialize(byte[] value, IBufferWriter<byte> output) => output.Write(value);

        public byte[] Deserialize(ReadOnlySpan<byte> bytes) => bytes.ToArray();
    }

    private sealed class Utf8Serde : ISerde<string>
    {
        public void Serialize(string value, IBufferWriter<byte> output) => Encoding.UTF8.GetBytes(value, output);

        public string Deserialize(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);
    }

    private sealed class Int32Serde : ISerde<int>
    {
        public void Serialize(int value, IBufferWriter<byte> output)
        {
            BinaryPrimitives.WriteInt32BigEndian(output.GetSpan(sizeof(int)), value);
            output.Advance(sizeof(int));
        }

        public int Deserialize(ReadOnlySpan<byte> bytes) => bytes.Length == sizeof(int)
            ? BinaryPrimitives.ReadInt32BigEndian(bytes)
            : throw WrongLength(bytes.Length, sizeof(int));
    }

    private sealed class Int64Serde : ISerde<long>
    {
        public void Serialize(long value, IBufferWriter<byte> output)
        {
            BinaryPrimitives.WriteInt64BigEndian(output.GetSpan(sizeof(long)), value);
            output.Advance(sizeof(long));
        }

        public long Deserialize(ReadOnlySpan<byte> bytes) => bytes.Length == sizeof(long)
            ? BinaryPrimitives.ReadInt64BigEndian(bytes)
            : throw WrongLength(bytes.Length, sizeof(long));
    }

    private sealed class JsonSerde<T>(JsonTypeInfo<T> type) : ISerde<T>
    {
        public void Serialize(T value, IBufferWriter<byte> output)
        {
            using var writer = new Utf8JsonWriter(output);
            JsonSerializer.Serialize(writer, value, type);
        }

        public T Deserialize(ReadOnlySpan<byte> bytes)
        {
            try
            {
                return JsonSerializer.Deserialize(bytes, type)!;
            }
            catch (JsonException e)
            {
                throw new FormatException($"The bytes are not the JSON of a {typeof(T).Name}: {e.Message}", e);
            }
        }
    }
}
