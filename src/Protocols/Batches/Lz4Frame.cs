using System.Buffers;
using System.Buffers.Binary;

namespace OrleansStream.Protocols.Batches;

/// <summary>The LZ4 frame format, in which clients put LZ4 blocks into a batch.</summary>
/// <remarks>
/// All numbers are little-endian.
/// <code>
/// 4  magic, 0x184D2204
/// 1  flags: bits 7-6 version 01, 5 independent blocks, 4 block checksums, 3 content size, 2 content checksum,
///    1 reserved, 0 dictionary id
/// 1  bits 6-4 largest block: 4 to 7 for 64 KiB, 256 KiB, 1 MiB, 4 MiB; the others reserved
/// 8  content size, if flagged
/// 1  second byte of the xxHash32 of flags to content size
///    blocks: 4 size, highest bit set when not compressed | bytes | 4 xxHash32 of the bytes, if flagged
/// 4  end mark, 0
/// 4  xxHash32 of the content, if flagged
/// </code>
/// https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md
///
/// Written are independent blocks of 64 KiB without content size or checksums, because the batch has its own and some
/// clients read nothing else. Read is everything but dictionaries.
/// </remarks>
internal static class Lz4Frame
{
    private const uint Magic = 0x184D2204;

    private const byte VersionMask = 0xC0;
    private const byte Version = 0x40;
    private const byte IndependentBlocksFlag = 0x20;
    private const byte BlockChecksumFlag = 0x10;
    private const byte ContentSizeFlag = 0x08;
    private const byte ContentChecksumFlag = 0x04;
    private const byte UnsupportedFlags = 0x03;

    private const byte SmallestBlockCode = 4;
    private const byte ReservedSizeBits = 0x8F;

    private const uint NotCompressedFlag = 0x8000_0000;

    public static void Compress(ReadOnlySpan<byte> content, IBufferWriter<byte> output)
    {
        WriteHeader(output);
        while (!content.IsEmpty)
        {
            var block = content[..Math.Min(content.Length, MatchFinder.MaxBlockBytes)];
            WriteBlock(block, output);
            content = content[block.Length..];
        }

        WriteUInt32(output, 0);
    }

    /// <exception cref="ProtocolException">The bytes are no frame, or more comes out of them than allowed.</exception>
    public static PooledBuffer Decompress(ReadOnlySpan<byte> frame, int maxBytes)
    {
        using var output = new DecompressionBuffer(maxBytes);
        var reader = new FrameReader(frame);
        var header = ReadHeader(ref reader);
        if (header.ContentSize is { } announced)
        {
            ReserveAnnounced(output, announced, frame.Length, maxBytes);
        }

        while (reader.ReadUInt32("block size") is not 0 and var size)
        {
            ReadBlock(ref reader, header, size, output);
        }

        CheckEnd(ref reader, header, output);
        return output.TakeWritten();
    }

    private static void WriteHeader(IBufferWriter<byte> output)
    {
        const int Bytes = 7;
        var header = output.GetSpan(Bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(header, Magic);
        header[4] = Version | IndependentBlocksFlag;
        header[5] = SmallestBlockCode << 4;
        header[6] = HeaderChecksum(header[4..6]);
        output.Advance(Bytes);
    }

    private static void WriteBlock(ReadOnlySpan<byte> block, IBufferWriter<byte> output)
    {
        var span = output.GetSpan(sizeof(uint) + Lz4Block.MaxCompressedBytes(block.Length));
        var size = Lz4Block.Compress(block, span[sizeof(uint)..]);
        if (size < block.Length)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(span, (uint)size);
        }
        else
        {
            size = block.Length;
            BinaryPrimitives.WriteUInt32LittleEndian(span, (uint)size | NotCompressedFlag);
            block.CopyTo(span[sizeof(uint)..]);
        }

        output.Advance(sizeof(uint) + size);
    }

    private static void WriteUInt32(IBufferWriter<byte> output, uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(output.GetSpan(sizeof(uint)), value);
        output.Advance(sizeof(uint));
    }

    private static Header ReadHeader(ref FrameReader reader)
    {
        var magic = reader.ReadUInt32("magic");
        if (magic != Magic)
        {
            throw new ProtocolException($"The LZ4 magic is {magic:x8}, not {Magic:x8}.");
        }

        var descriptor = reader.Rest;
        var flags = reader.Read(1, "flags")[0];
        var sizeCode = reader.Read(1, "block size code")[0];
        if ((flags & VersionMask) != Version || (flags & UnsupportedFlags) != 0)
        {
            throw new ProtocolException($"The LZ4 flags are 0x{flags:x2}: a version, dictionary or bit not known.");
        }

        if (sizeCode >> 4 < SmallestBlockCode || (sizeCode & ReservedSizeBits) != 0)
        {
            throw new ProtocolException($"The LZ4 block size code is 0x{sizeCode:x2}, which is reserved.");
        }

        ulong? contentSize = (flags & ContentSizeFlag) != 0 ? reader.ReadUInt64("content size") : null;
        var expected = HeaderChecksum(descriptor[..^reader.Rest.Length]);
        var checksum = reader.Read(1, "header checksum")[0];
        return checksum == expected
            ? new Header(flags, 1 << ((2 * (sizeCode >> 4)) + 8), contentSize)
            : throw new ProtocolException($"The LZ4 header checksum is {checksum:x2}, not {expected:x2}.");
    }

    private static void ReserveAnnounced(DecompressionBuffer output, ulong announced, int frameBytes, int maxBytes)
    {
        if (announced > (ulong)maxBytes || announced > (ulong)frameBytes * Lz4Block.MaxExpansion)
        {
            throw new ProtocolException($"The LZ4 content size is {announced}, more than allowed or possible.");
        }

        output.Reserve((long)announced);
    }

    private static void ReadBlock(ref FrameReader reader, in Header header, uint size, DecompressionBuffer output)
    {
        var length = size & ~NotCompressedFlag;
        if (length > header.MaxBlockBytes)
        {
            throw new ProtocolException($"An LZ4 block has {length} bytes, more than {header.MaxBlockBytes}.");
        }

        var block = reader.Read((int)length, "block");
        if (header.Has(BlockChecksumFlag))
        {
            CheckSum("block", reader.ReadUInt32("block checksum"), block);
        }

        if ((size & NotCompressedFlag) != 0)
        {
            output.Append(block);
        }
        else
        {
            DecompressBlock(block, header, output);
        }
    }

    private static void DecompressBlock(ReadOnlySpan<byte> block, in Header header, DecompressionBuffer output)
    {
        var most = Math.Min(header.MaxBlockBytes, (long)block.Length * Lz4Block.MaxExpansion);
        output.Reserve(most);

        // An independent block sees none of what came before it; a linked one sees all of it.
        var hidden = header.Has(IndependentBlocksFlag) ? output.WrittenBytes : 0;
        var window = output.Span[hidden..];
        var written = output.WrittenBytes - hidden;
        var target = new BlockOutput(window[..(int)Math.Min(window.Length, written + most)], written);
        Lz4Block.Decompress(block, ref target);
        output.Advance(target.WrittenBytes - written);
    }

    private static void CheckEnd(ref FrameReader reader, in Header header, DecompressionBuffer output)
    {
        if (header.Has(ContentChecksumFlag))
        {
            CheckSum("content", reader.ReadUInt32("content checksum"), output.Span[..output.WrittenBytes]);
        }

        if (header.ContentSize is { } announced && announced != (ulong)output.WrittenBytes)
        {
            throw new ProtocolException($"The LZ4 content size is {announced}, not {output.WrittenBytes}.");
        }

        if (!reader.Rest.IsEmpty)
        {
            throw new ProtocolException($"{reader.Rest.Length} bytes follow the end of the LZ4 frame.");
        }
    }

    private static void CheckSum(string what, uint checksum, ReadOnlySpan<byte> bytes)
    {
        var expected = XxHash32.Compute(bytes);
        if (checksum != expected)
        {
            throw new ProtocolException($"The LZ4 {what} checksum is {checksum:x8}, not {expected:x8}.");
        }
    }

    private static byte HeaderChecksum(ReadOnlySpan<byte> descriptor) => (byte)(XxHash32.Compute(descriptor) >> 8);

    private readonly record struct Header(byte Flags, int MaxBlockBytes, ulong? ContentSize)
    {
        public bool Has(byte flag) => (Flags & flag) != 0;
    }

    private ref struct FrameReader(ReadOnlySpan<byte> frame)
    {
        public ReadOnlySpan<byte> Rest { get; private set; } = frame;

        public ReadOnlySpan<byte> Read(int length, string field)
        {
            if (length > Rest.Length)
            {
                throw new ProtocolException($"The LZ4 frame ends inside its {field}.");
            }

            var read = Rest[..length];
            Rest = Rest[length..];
            return read;
        }

        public uint ReadUInt32(string field) => BinaryPrimitives.ReadUInt32LittleEndian(Read(sizeof(uint), field));

        public ulong ReadUInt64(string field) => BinaryPrimitives.ReadUInt64LittleEndian(Read(sizeof(ulong), field));
    }
}
