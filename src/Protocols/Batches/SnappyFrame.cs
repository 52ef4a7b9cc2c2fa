using System.Buffers;
using System.Buffers.Binary;

namespace OrleansStream.Protocols.Batches;

/// <summary>How clients put Snappy into a batch: one bare block, or a frame of several.</summary>
/// <remarks>
/// Java clients write and expect the frame of the snappy-java library, others read both. Its numbers are big-endian:
/// <code>
/// 8  magic, 82 53 4E 41 50 50 59 00
/// 4  version, 1
/// 4  oldest version that can read it, 1
///    blocks: 4 size | bytes
/// </code>
/// A bare block cannot begin like the magic: its first element would be a copy from before the start.
/// https://github.com/xerial/snappy-java#compatibility-notes
/// </remarks>
internal static class SnappyFrame
{
    private const int Version = 1;
    private const int HeaderBytes = 16;

    private static ReadOnlySpan<byte> Magic => [0x82, 0x53, 0x4E, 0x41, 0x50, 0x50, 0x59, 0x00];

    public static void Compress(ReadOnlySpan<byte> content, IBufferWriter<byte> output)
    {
        WriteHeader(output);
        while (!content.IsEmpty)
        {
            var block = content[..Math.Min(content.Length, MatchFinder.MaxBlockBytes)];
            var span = output.GetSpan(sizeof(int) + SnappyBlock.MaxCompressedBytes(block.Length));
            var size = SnappyBlock.Compress(block, span[sizeof(int)..]);
            BinaryPrimitives.WriteInt32BigEndian(span, size);
            output.Advance(sizeof(int) + size);
            content = content[block.Length..];
        }
    }

    /// <exception cref="ProtocolException">The bytes are neither, or more comes out of them than allowed.</exception>
    public static PooledBuffer Decompress(ReadOnlySpan<byte> bytes, int maxBytes)
    {
        using var output = new DecompressionBuffer(maxBytes);
        if (!bytes.StartsWith(Magic))
        {
            DecompressBlock(bytes, output);
            return output.TakeWritten();
        }

        var blocks = SkipHeader(bytes);
        while (!blocks.IsEmpty)
        {
            DecompressBlock(ReadBlock(ref blocks), output);
        }

        return output.TakeWritten();
    }

    private static void WriteHeader(IBufferWriter<byte> output)
    {
        var header = output.GetSpan(HeaderBytes);
        Magic.CopyTo(header);
        BinaryPrimitives.WriteInt32BigEndian(header[8..], Version);
        BinaryPrimitives.WriteInt32BigEndian(header[12..], Version);
        output.Advance(HeaderBytes);
    }

    private static ReadOnlySpan<byte> SkipHeader(ReadOnlySpan<byte> frame)
    {
        if (frame.Length < HeaderBytes)
        {
            throw new ProtocolException("The Snappy frame ends inside its header.");
        }

        var oldestReader = BinaryPrimitives.ReadInt32BigEndian(frame[12..]);
        return oldestReader == Version
            ? frame[HeaderBytes..]
            : throw new ProtocolException($"The Snappy frame needs a reader of version {oldestReader}, not {Version}.");
    }

    private static ReadOnlySpan<byte> ReadBlock(ref ReadOnlySpan<byte> blocks)
    {
        if (blocks.Length < sizeof(int))
        {
            throw new ProtocolException("The Snappy frame ends inside the size of a block.");
        }

        var size = BinaryPrimitives.ReadInt32BigEndian(blocks);
        blocks = blocks[sizeof(int)..];
        if (size < 0 || size > blocks.Length)
        {
            throw new ProtocolException($"A Snappy block has the size {size}, but {blocks.Length} bytes follow.");
        }

        var block = blocks[..size];
        blocks = blocks[size..];
        return block;
    }

    private static void DecompressBlock(ReadOnlySpan<byte> block, DecompressionBuffer output)
    {
        var length = SnappyBlock.ReadLength(ref block);
        output.Reserve(length);
        if (length > output.Free.Length)
        {
            throw output.TooLarge();
        }

        SnappyBlock.Decompress(block, output.Free[..length]);
        output.Advance(length);
    }
}
