using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace OrleansStream.Engine.Groups;

/// <summary>Writes the fields of <see cref="GroupRecords"/>.</summary>
internal sealed class GroupRecordWriter
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    public void WriteByte(byte value) => Take(1)[0] = value;

    public void WriteInt32(int value) => BinaryPrimitives.WriteInt32BigEndian(Take(sizeof(int)), value);

    public void WriteInt64(long value) => BinaryPrimitives.WriteInt64BigEndian(Take(sizeof(long)), value);

    public void WriteId(Guid value) => value.TryWriteBytes(Take(16), bigEndian: true, out _);

    public void WriteText(string? value)
    {
        if (value is null)
        {
            WriteInt32(-1);
            return;
        }

        var length = Encoding.UTF8.GetByteCount(value);
        WriteInt32(length);
        Encoding.UTF8.GetBytes(value, Take(length));
    }

    public void WriteBytes(ReadOnlySpan<byte> value)
    {
        WriteInt32(value.Length);
        value.CopyTo(Take(value.Length));
    }

    public byte[] ToArray() => _bytes.WrittenSpan.ToArray();

    private Span<byte> Take(int length)
    {
        var span = _bytes.GetSpan(length)[..length];
        _bytes.Advance(length);
        return span;
    }
}
