using System.Buffers.Binary;

namespace OrleansStream.Protocols.Batches;

/// <summary>The LZ4 block format: literals and repetitions in turn, without a length or a checksum.</summary>
/// <remarks>
/// A block is a row of sequences, the last of which ends after its literals:
/// <code>
/// token, 1 byte: literal length in the high, match length - 4 in the low four bits
/// a length of 15 goes on in further bytes, each added to it, up to the first that is not 255
/// literals | match distance, 2 bytes little-endian | further bytes of the match length
/// </code>
/// https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md
/// </remarks>
internal static class Lz4Block
{
    /// <summary>How much a block can at most grow: no byte stands for more than 255.</summary>
    public const int MaxExpansion = byte.MaxValue;

    private const int TokenMax = 15;

    /// <summary>What compressing so many bytes takes at most.</summary>
    public static int MaxCompressedBytes(int bytes) => bytes + (bytes / 255) + 16;

    /// <summary>Compresses at most <see cref="MatchFinder.MaxBlockBytes"/>; returns how many bytes came out.</summary>
    public static int Compress(ReadOnlySpan<byte> block, Span<byte> output)
    {
        var finder = new MatchFinder(block, stackalloc ushort[MatchFinder.TableEntryCount]);
        var position = 0;
        var written = 0;
        while (finder.TryFind(position, out var match))
        {
            var extraLength = match.Length - MatchFinder.MinMatchBytes;
            written += WriteLiterals(output[written..], block[position..match.Start], Math.Min(extraLength, TokenMax));
            BinaryPrimitives.WriteUInt16LittleEndian(output[written..], (ushort)match.Distance);
            written += sizeof(ushort);
            written += WriteLength(output[written..], extraLength);
            position = match.End;
        }

        return written + WriteLiterals(output[written..], block[position..], matchToken: 0);
    }

    /// <summary>Decompresses all of a block, of which a frame allows 4 MiB: no length overflows.</summary>
    /// <exception cref="ProtocolException">It is malformed, or more comes out of it than the output holds.</exception>
    public static void Decompress(ReadOnlySpan<byte> block, ref BlockOutput output)
    {
        while (true)
        {
            var token = ReadByte(ref block);
            var literalLength = ReadLength(ref block, token >> 4);
            output.AppendLiterals(Read(ref block, literalLength));
            if (block.IsEmpty)
            {
                return;
            }

            var distance = BinaryPrimitives.ReadUInt16LittleEndian(Read(ref block, sizeof(ushort)));
            output.AppendMatch(distance, ReadLength(ref block, token & TokenMax) + MatchFinder.MinMatchBytes);
        }
    }

    private static int WriteLiterals(Span<byte> output, ReadOnlySpan<byte> literals, int matchToken)
    {
        output[0] = (byte)((Math.Min(literals.Length, TokenMax) << 4) | matchToken);
        var written = 1 + WriteLength(output[1..], literals.Length);
        literals.CopyTo(output[written..]);
        return written + literals.Length;
    }

    /// <summary>Writes what of a length does not fit into the token.</summary>
    private static int WriteLength(Span<byte> output, int length)
    {
        if (length < TokenMax)
        {
            return 0;
        }

        var (full, rest) = Math.DivRem(length - TokenMax, byte.MaxValue);
        output[..full].Fill(byte.MaxValue);
        output[full] = (byte)rest;
        return full + 1;
    }

    private static int ReadLength(ref ReadOnlySpan<byte> block, int token)
    {
        if (token < TokenMax)
        {
            return token;
        }

        var length = TokenMax;
        byte more;
        do
        {
            more = ReadByte(ref block);
            length += more;
        }
        while (more == byte.MaxValue);
        return length;
    }

    private static byte ReadByte(ref ReadOnlySpan<byte> block) => Read(ref block, 1)[0];

    private static ReadOnlySpan<byte> Read(ref ReadOnlySpan<byte> block, int length)
    {
        if (length > block.Length)
        {
            throw new ProtocolException($"An LZ4 block ends where {length} more bytes are announced.");
        }

        var read = block[..length];
        block = block[length..];
        return read;
    }
}
