using System.Buffers.Binary;

namespace OrleansStream.Protocols.Batches;

/// <summary>The Snappy block format: the length of what comes out, then literals and copies in any order.</summary>
/// <remarks>
/// The length is a plain varint of up to 32 bits. The low two bits of an element's first byte tell its kind, the
/// others its length - 1, unless noted:
/// <code>
/// 00  literals; a length - 1 of 60 to 63 means that it follows in 1 to 4 bytes, little-endian
/// 01  copy: bits 2-4 length - 4, bits 5-7 and the next byte the distance
/// 10  copy: the distance follows in 2 bytes, little-endian
/// 11  copy: the distance follows in 4 bytes, little-endian
/// </code>
/// https://github.com/google/snappy/blob/main/format_description.txt
/// </remarks>
internal static class SnappyBlock
{
    /// <summary>How much a block can at most grow: a copy of 64 bytes takes three.</summary>
    public const int MaxExpansion = 22;

    private const int LiteralKind = 0;
    private const int ShortCopyKind = 1;
    private const int CopyKind = 2;
    private const int FarCopyKind = 3;

    private const int KindBits = 2;
    private const int KindMask = (1 << KindBits) - 1;

    /// <summary>From here on, the length of literals follows the first byte.</summary>
    private const int LongLiteral = 60;

    private const int MinCopyBytes = 4;
    private const int MaxShortCopyBytes = 11;
    private const int MaxCopyBytes = 64;
    private const int ShortDistanceEnd = 2_048;

    /// <summary>What compressing so many bytes takes at most.</summary>
    public static int MaxCompressedBytes(int bytes) => bytes + (bytes / 6) + 32;

    /// <summary>Compresses at most <see cref="MatchFinder.MaxBlockBytes"/>; returns how many bytes came out.</summary>
    public static int Compress(ReadOnlySpan<byte> block, Span<byte> output)
    {
        var finder = new MatchFinder(block, stackalloc ushort[MatchFinder.TableEntryCount]);
        var written = WriteLength(output, block.Length);
        var position = 0;
        while (finder.TryFind(position, out var match))
        {
            written += WriteLiterals(output[written..], block[position..match.Start]);
            written += WriteCopies(output[written..], match.Distance, match.Length);
            position = match.End;
        }

        return written + WriteLiterals(output[written..], block[position..]);
    }

    /// <summary>Reads how long the content says it is, and moves past that.</summary>
    /// <exception cref="ProtocolException">There is no length, or one that so few bytes cannot have.</exception>
    public static int ReadLength(ref ReadOnlySpan<byte> block)
    {
        ulong length = 0;
        var announcedIn = block.Length;
        for (var shift = 0; shift < 32; shift += 7)
        {
            var current = Read(ref block, 1)[0];
            length |= (ulong)(current & 0x7F) << shift;
            if (current >= 0x80)
            {
                continue;
            }

            return length <= Math.Min((ulong)announcedIn * MaxExpansion, int.MaxValue)
                ? (int)length
                : throw new ProtocolException($"A Snappy block of {announcedIn} bytes cannot hold {length}.");
        }

        throw new ProtocolException("The length of a Snappy block has more than 32 bits.");
    }

    /// <summary>Fills the output with what follows the length.</summary>
    /// <exception cref="ProtocolException">They are malformed, or something of another length comes out.</exception>
    public static void Decompress(ReadOnlySpan<byte> elements, Span<byte> content)
    {
        var output = new BlockOutput(content, 0);
        while (!elements.IsEmpty)
        {
            var tag = Read(ref elements, 1)[0];
            var field = tag >> KindBits;
            switch (tag & KindMask)
            {
                case LiteralKind:
                    output.AppendLiterals(Read(ref elements, ReadLiteralLength(ref elements, field)));
                    break;
                case ShortCopyKind:
                    output.AppendMatch(((field >> 3) << 8) | Read(ref elements, 1)[0], (field & 7) + MinCopyBytes);
                    break;
                case CopyKind:
                    output.AppendMatch(
                        BinaryPrimitives.ReadUInt16LittleEndian(Read(ref elements, sizeof(ushort))), field + 1);
                    break;
                case FarCopyKind:
                    output.AppendMatch(
                        BinaryPrimitives.ReadInt32LittleEndian(Read(ref elements, sizeof(int))), field + 1);
                    break;
            }
        }

        if (output.WrittenBytes != content.Length)
        {
            throw new ProtocolException(
                $"A Snappy block holds {output.WrittenBytes} bytes where it announces {content.Length}.");
        }
    }

    private static int WriteLength(Span<byte> output, int length)
    {
        var count = 0;
        for (; length >= 0x80; length >>= 7)
        {
            output[count++] = (byte)(length | 0x80);
        }

        output[count++] = (byte)length;
        return count;
    }

    private static int WriteLiterals(Span<byte> output, ReadOnlySpan<byte> literals)
    {
        if (literals.IsEmpty)
        {
            return 0;
        }

        var field = literals.Length - 1;
        var head = 1;
        if (field < LongLiteral)
        {
            output[0] = (byte)(field << KindBits);
        }
        else
        {
            var lengthBytes = field <= byte.MaxValue ? 1 : 2;
            output[0] = (byte)((LongLiteral + lengthBytes - 1) << KindBits);
            output[1] = (byte)field;
            output[2] = (byte)(field >> 8); // Overwritten by the first literal where one byte suffices.
            head += lengthBytes;
        }

        literals.CopyTo(output[head..]);
        return head + literals.Length;
    }

    private static int WriteCopies(Span<byte> output, int distance, int length)
    {
        var written = 0;
        while (length > MaxCopyBytes)
        {
            // What is left must not become shorter than a copy may be.
            var part = Math.Min(MaxCopyBytes, length - MinCopyBytes);
            written += WriteCopy(output[written..], distance, part);
            length -= part;
        }

        return written + WriteCopy(output[written..], distance, length);
    }

    private static int WriteCopy(Span<byte> output, int distance, int length)
    {
        if (length <= MaxShortCopyBytes && distance < ShortDistanceEnd)
        {
            output[0] = (byte)(((distance >> 8) << 5) | ((length - MinCopyBytes) << KindBits) | ShortCopyKind);
            output[1] = (byte)distance;
            return 2;
        }

        output[0] = (byte)(((length - 1) << KindBits) | CopyKind);
        BinaryPrimitives.WriteUInt16LittleEndian(output[1..], (ushort)distance);
        return 3;
    }

    private static int ReadLiteralLength(ref ReadOnlySpan<byte> elements, int field)
    {
        if (field < LongLiteral)
        {
            return field + 1;
        }

        var length = 1L;
        var bytes = Read(ref elements, field - LongLiteral + 1);
        for (var i = 0; i < bytes.Length; i++)
        {
            length += (long)bytes[i] << (8 * i);
        }

        return (int)Math.Min(length, int.MaxValue); // More than there can be, which reading them finds out.
    }

    private static ReadOnlySpan<byte> Read(ref ReadOnlySpan<byte> bytes, int length)
    {
        if (length > bytes.Length)
        {
            throw new ProtocolException($"A Snappy block ends where {length} more bytes are announced.");
        }

        var read = bytes[..length];
        bytes = bytes[length..];
        return read;
    }
}
