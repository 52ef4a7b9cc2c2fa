using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace OrleansStream.Protocols.Kafka;

/// <summary>Reads the fields of one request or response, in wire order.</summary>
/// <remarks>
/// Works on the contiguous bytes of one frame. Byte fields are slices of that memory and live no longer than it.
/// Anything that contradicts the bytes at hand is a <see cref="ProtocolException"/>, before memory is reserved for it.
/// The primitive types are described at https://kafka.apache.org/protocol#protocol_types.
/// </remarks>
public ref struct KafkaReader(ReadOnlyMemory<byte> frame)
{
    /// <summary>An array grows from here as its elements really arrive, whatever count it claims.</summary>
    private const int InitialArrayCapacity = 16;

    private readonly ReadOnlyMemory<byte> _frame = frame;
    private readonly ReadOnlySpan<byte> _bytes = frame.Span;
    private int _position;
    private long _elementCount;

    /// <summary>Whether lengths are compact and structures end with tagged fields; the header decides.</summary>
    public bool Flexible { get; set; }

    /// <summary>
    /// How many array elements there may be in all. An element takes a byte or two on the wire and a hundred times that
    /// in memory.
    /// </summary>
    public int MaxElements { get; init; } = int.MaxValue;

    public readonly int RemainingBytes => _bytes.Length - _position;

    public bool ReadBoolean() => Take(sizeof(byte))[0] != 0;

    public sbyte ReadInt8() => (sbyte)Take(sizeof(sbyte))[0];

    public short ReadInt16() => BinaryPrimitives.ReadInt16BigEndian(Take(sizeof(short)));

    public int ReadInt32() => BinaryPrimitives.ReadInt32BigEndian(Take(sizeof(int)));

    public long ReadInt64() => BinaryPrimitives.ReadInt64BigEndian(Take(sizeof(long)));

    public double ReadFloat64() => BinaryPrimitives.ReadDoubleBigEndian(Take(sizeof(double)));

    public ErrorCode ReadErrorCode() => (ErrorCode)ReadInt16();

    public Guid ReadUuid() => new(Take(16), bigEndian: true);

    public uint ReadUnsignedVarint()
    {
        uint value = 0;
        for (var shift = 0; shift < 35; shift += 7)
        {
            var part = Take(sizeof(byte))[0];
            if (shift == 28 && part > 0x0F)
            {
                break;
            }

            value |= (uint)(part & 0x7F) << shift;
            if (part < 0x80)
            {
                return value;
            }
        }

        throw new ProtocolException($"The varint before byte {_position} is longer than 32 bits.");
    }

    public string ReadString()
        => ReadNullableString() ?? throw new ProtocolException($"The string before byte {_position} must not be null.");

    public string? ReadNullableString()
    {
        var length = Flexible ? ReadCompactLength() : ReadInt16();
        if (length < 0)
        {
            return length == -1 ? null : throw Negative("string", length);
        }

        var text = Take(length);
        return Utf8.IsValid(text)
            ? Encoding.UTF8.GetString(text)
            : throw new ProtocolException($"The string before byte {_position} is not UTF-8.");
    }

    /// <summary>A slice of the frame. Null counts as empty.</summary>
    public ReadOnlyMemory<byte> ReadBytes()
    {
        var length = Flexible ? ReadCompactLength() : ReadInt32();
        if (length < 0)
        {
            return length == -1 ? default : throw Negative("byte array", length);
        }

        Take(length);
        return _frame.Slice(_position - length, length);
    }

    /// <summary>A copy, which outlives the frame. Null counts as empty.</summary>
    public byte[] ReadByteArray() => ReadBytes().ToArray();

    /// <summary>A structure and the tagged fields after it, which are skipped.</summary>
    public T ReadStruct<T>(int version)
        where T : IKafkaStruct<T>
    {
        var value = T.Read(ref this, version);
        SkipTaggedFields();
        return value;
    }

    /// <summary>A structure with a byte before it: negative for null.</summary>
    public T? ReadNullableStruct<T>(int version)
        where T : class, IKafkaStruct<T>
        => ReadInt8() < 0 ? null : ReadStruct<T>(version);

    public T[] ReadArray<T>(int version)
        where T : IKafkaStruct<T>
        => ReadNullableArray<T>(version) ?? throw NullArray();

    public T[]? ReadNullableArray<T>(int version)
        where T : IKafkaStruct<T>
    {
        var count = ReadCount(minElementBytes: 1);
        if (count < 0)
        {
            return null;
        }

        var items = new T[Math.Min(count, InitialArrayCapacity)];
        for (var i = 0; i < count; i++)
        {
            if (i == items.Length)
            {
                Array.Resize(ref items, Math.Min(count, i * 2));
            }

            items[i] = ReadStruct<T>(version);
        }

        return items;
    }

    public int[] ReadInt32Array() => ReadNullableInt32Array() ?? throw NullArray();

    public int[]? ReadNullableInt32Array()
    {
        var count = ReadCount(sizeof(int));
        if (count < 0)
        {
            return null;
        }

        var items = new int[count];
        for (var i = 0; i < count; i++)
        {
            items[i] = ReadInt32();
        }

        return items;
    }

    public string[] ReadStringArray() => ReadNullableStringArray() ?? throw NullArray();

    public string[]? ReadNullableStringArray()
    {
        var count = ReadCount(minElementBytes: Flexible ? 1 : sizeof(short));
        if (count < 0)
        {
            return null;
        }

        var items = new string[Math.Min(count, InitialArrayCapacity)];
        for (var i = 0; i < count; i++)
        {
            if (i == items.Length)
            {
                Array.Resize(ref items, Math.Min(count, i * 2));
            }

            items[i] = ReadString();
        }

        return items;
    }

    /// <summary>Passes over the tagged fields that end a structure; nothing in versions without them.</summary>
    public void SkipTaggedFields()
    {
        if (!Flexible)
        {
            return;
        }

        for (var count = ReadUnsignedVarint(); count > 0; count--)
        {
            ReadUnsignedVarint();
            var size = ReadUnsignedVarint();
            Take(size <= int.MaxValue ? (int)size : throw new ProtocolException($"A tagged field has {size} bytes."));
        }
    }

    private int ReadCount(int minElementBytes)
    {
        var count = Flexible ? ReadCompactLength() : ReadInt32();
        if (count < -1)
        {
            throw Negative("array", count);
        }

        if (count > RemainingBytes / minElementBytes)
        {
            throw new ProtocolException(
                $"The array before byte {_position} has {count} elements, but only {RemainingBytes} bytes follow.");
        }

        _elementCount += Math.Max(count, 0);
        return _elementCount <= MaxElements
            ? count
            : throw new ProtocolException(
                $"There are {_elementCount} array elements up to byte {_position}; {MaxElements} are allowed.");
    }

    private int ReadCompactLength()
    {
        var lengthPlusOne = ReadUnsignedVarint();
        return lengthPlusOne <= int.MaxValue
            ? (int)lengthPlusOne - 1
            : throw new ProtocolException($"The length before byte {_position} is {lengthPlusOne - 1L}.");
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > RemainingBytes)
        {
            throw new ProtocolException(
                $"{count} bytes are due at byte {_position}, but only {RemainingBytes} follow.");
        }

        _position += count;
        return _bytes.Slice(_position - count, count);
    }

    private readonly ProtocolException Negative(string what, int length)
        => new($"The {what} before byte {_position} has length {length}.");

    private readonly ProtocolException NullArray() => new($"The array before byte {_position} must not be null.");
}
