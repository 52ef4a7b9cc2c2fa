using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace OrleansStream.Protocols.Kafka;

/// <summary>Builds one frame: fields go into a growing buffer, records are sent from where they lie.</summary>
/// <remarks>
/// The owner disposes it once the frame has been sent; records must stay valid until then. Not thread-safe.
/// </remarks>
public sealed class KafkaWriter : IDisposable
{
    private const int MaxVarintBytes = 5;

    private PooledBuffer _buffer;
    private int _written = KafkaFrame.LengthPrefixBytes;
    private int _insertedBytes;
    private List<Insertion>? _insertions;

    /// <param name="capacityBytes">How much to rent at first; enough for most frames without their records.</param>
    public KafkaWriter(int capacityBytes = 512)
        => _buffer = PooledBuffer.Rent(Math.Max(capacityBytes, KafkaFrame.LengthPrefixBytes));

    /// <summary>Whether lengths are compact and structures end with tagged fields; the header decides.</summary>
    public bool Flexible { get; set; }

    /// <summary>The size of the frame so far, its length prefix included.</summary>
    public int FrameBytes => checked(_written + _insertedBytes);

    public void WriteBoolean(bool value) => Reserve(sizeof(byte))[0] = value ? (byte)1 : (byte)0;

    public void WriteInt8(sbyte value) => Reserve(sizeof(sbyte))[0] = (byte)value;

    public void WriteInt16(short value) => BinaryPrimitives.WriteInt16BigEndian(Reserve(sizeof(short)), value);

    public void WriteInt32(int value) => BinaryPrimitives.WriteInt32BigEndian(Reserve(sizeof(int)), value);

    public void WriteInt64(long value) => BinaryPrimitives.WriteInt64BigEndian(Reserve(sizeof(long)), value);

    public void WriteFloat64(double value) => BinaryPrimitives.WriteDoubleBigEndian(Reserve(sizeof(double)), value);

    public void WriteErrorCode(ErrorCode value) => WriteInt16((short)value);

    public void WriteUuid(Guid value) => value.TryWriteBytes(Reserve(16), bigEndian: true, out _);

    public void WriteUnsignedVarint(uint value)
    {
        EnsureRoom(MaxVarintBytes);
        var target = _buffer.Span[_written..];
        var count = 0;
        for (; value >= 0x80; value >>= 7)
        {
            target[count++] = (byte)(value | 0x80);
        }

        target[count++] = (byte)value;
        _written += count;
    }

    /// <summary>A string that may be null.</summary>
    /// <exception cref="ArgumentException">It is longer than the protocol can say.</exception>
    public void WriteString(string? value)
    {
        var length = value is null ? -1 : Encoding.UTF8.GetByteCount(value);
        if (length > short.MaxValue)
        {
            throw new ArgumentException($"A string of {length} bytes is too long for the protocol.", nameof(value));
        }

        if (Flexible)
        {
            WriteUnsignedVarint((uint)(length + 1));
        }
        else
        {
            WriteInt16((short)length);
        }

        if (length > 0)
        {
            Encoding.UTF8.GetBytes(value, Reserve(length));
        }
    }

    public void WriteBytes(ReadOnlySpan<byte> value)
    {
        WriteLength(value.Length);
        value.CopyTo(Reserve(value.Length));
    }

    /// <summary>Notes record batches that lie in one piece; they are read when the frame is sent.</summary>
    public void WriteRecords(ReadOnlyMemory<byte> records)
    {
        WriteLength(records.Length);
        Insert(records);
    }

    /// <summary>Notes record batches that lie in several pieces; they are read when the frame is sent.</summary>
    public void WriteRecords(IReadOnlyList<ReadOnlyMemory<byte>> pieces, int totalBytes)
    {
        WriteLength(totalBytes);
        for (var i = 0; i < pieces.Count; i++)
        {
            Insert(pieces[i]);
        }
    }

    /// <summary>A structure and the tagged fields after it, of which there are none.</summary>
    public void WriteStruct<T>(T value, int version)
        where T : IKafkaStruct<T>
    {
        value.Write(this, version);
        WriteNoTaggedFields();
    }

    /// <summary>A structure with a byte before it: negative for null.</summary>
    public void WriteNullableStruct<T>(T? value, int version)
        where T : class, IKafkaStruct<T>
    {
        WriteInt8(value is null ? (sbyte)-1 : (sbyte)1);
        if (value is not null)
        {
            WriteStruct(value, version);
        }
    }

    /// <summary>An array that may be null.</summary>
    public void WriteArray<T>(IReadOnlyList<T>? items, int version)
        where T : IKafkaStruct<T>
    {
        WriteLength(items?.Count ?? -1);
        for (var i = 0; i < items?.Count; i++)
        {
            WriteStruct(items[i], version);
        }
    }

    /// <summary>An array that may be null.</summary>
    public void WriteInt32Array(IReadOnlyList<int>? items)
    {
        WriteLength(items?.Count ?? -1);
        for (var i = 0; i < items?.Count; i++)
        {
            WriteInt32(items[i]);
        }
    }

    /// <summary>An array that may be null, of strings that may not.</summary>
    public void WriteStringArray(IReadOnlyList<string>? items)
    {
        WriteLength(items?.Count ?? -1);
        for (var i = 0; i < items?.Count; i++)
        {
            WriteString(items[i]);
        }
    }

    /// <summary>Ends a structure; nothing in versions without tagged fields.</summary>
    public void WriteNoTaggedFields()
    {
        if (Flexible)
        {
            WriteUnsignedVarint(0);
        }
    }

    /// <summary>Ends the frame: its bytes in order, all in the writer's memory except the records.</summary>
    /// <returns>The length prefix and all up to the first records, then the other pieces.</returns>
    public (ReadOnlyMemory<byte> Head, IReadOnlyList<ReadOnlyMemory<byte>> Following) Complete()
    {
        BinaryPrimitives.WriteInt32BigEndian(_buffer.Span, FrameBytes - KafkaFrame.LengthPrefixBytes);
        ReadOnlyMemory<byte> written = _buffer.Memory[.._written];
        if (_insertions is null)
        {
            return (written, []);
        }

        var following = new List<ReadOnlyMemory<byte>>((2 * _insertions.Count) + 1);
        for (var i = 0; i < _insertions.Count; i++)
        {
            following.Add(_insertions[i].Piece);
            var until = i + 1 < _insertions.Count ? _insertions[i + 1].Position : _written;
            if (until > _insertions[i].Position)
            {
                following.Add(written[_insertions[i].Position..until]);
            }
        }

        return (written[.._insertions[0].Position], following);
    }

    /// <summary>Ends the frame and copies it.</summary>
    public void WriteFrameTo(IBufferWriter<byte> output)
    {
        var (head, following) = Complete();
        output.Write(head.Span);
        for (var i = 0; i < following.Count; i++)
        {
            output.Write(following[i].Span);
        }
    }

    public void Dispose() => _buffer.Dispose();

    private void WriteLength(int length)
    {
        if (Flexible)
        {
            WriteUnsignedVarint((uint)(length + 1));
        }
        else
        {
            WriteInt32(length);
        }
    }

    private void Insert(ReadOnlyMemory<byte> piece)
    {
        if (!piece.IsEmpty)
        {
            (_insertions ??= []).Add(new Insertion(_written, piece));
            _insertedBytes = checked(_insertedBytes + piece.Length);
        }
    }

    private Span<byte> Reserve(int count)
    {
        EnsureRoom(count);
        _written += count;
        return _buffer.Span.Slice(_written - count, count);
    }

    private void EnsureRoom(int count)
    {
        var needed = checked(_written + count);
        if (needed <= _buffer.Length)
        {
            return;
        }

        var larger = PooledBuffer.Rent(Math.Max(needed, (int)Math.Min(_buffer.Length * 2L, Array.MaxLength)));
        _buffer.Span[.._written].CopyTo(larger.Span);
        _buffer.Dispose();
        _buffer = larger;
    }

    /// <summary>A piece of records that belongs before the byte at a position of the buffer.</summary>
    private readonly record struct Insertion(int Position, ReadOnlyMemory<byte> Piece);
}
