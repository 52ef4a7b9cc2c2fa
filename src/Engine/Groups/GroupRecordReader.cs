using System.Buffers.Binary;
using System.Text;

namespace OrleansStream.Engine.Groups;

/// <summary>Reads the fields of <see cref="GroupRecords"/>.</summary>
/// <remarks>Throws <see cref="InvalidDataException"/> where the bytes end early or contradict themselves.</remarks>
internal ref struct GroupRecordReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    public byte ReadByte() => Take(1)[0];

    public int ReadInt32() => BinaryPrimitives.ReadInt32BigEndian(Take(sizeof(int)));

    public long ReadInt64() => BinaryPrimitives.ReadInt64BigEndian(Take(sizeof(long)));

    public Guid ReadId() => new(Take(16), bigEndian: true);

    /// <summary>A number of things of which each takes a byte at least.</summary>
    public int ReadCount()
    {
        var count = ReadInt32();
        return count >= 0 && count <= _rest.Length
            ? count
            : throw new InvalidDataException($"A group record cannot hold {count} elements.");
    }

    public string ReadText() => ReadNullableText() ?? throw new InvalidDataException("A group record lacks a text.");

    public string? ReadNullableText()
        => ReadInt32() is var length and >= 0 ? Encoding.UTF8.GetString(Take(length)) : null;

    public byte[] ReadBytes() => Take(ReadInt32()).ToArray();

    public void Expect(byte value, string field)
    {
        if (ReadByte() is var found && found != value)
        {
            throw new InvalidDataException($"The {field} of a group record is {found}; only {value} is known.");
        }
    }

    private ReadOnlySpan<byte> Take(int length)
    {
        if (length < 0 || length > _rest.Length)
        {
            throw new InvalidDataException($"A group record ends {length - _rest.Length} bytes early.");
        }

        var taken = _rest[..length];
        _rest = _rest[length..];
        return taken;
    }
}
