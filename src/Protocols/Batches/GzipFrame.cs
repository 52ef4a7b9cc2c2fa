using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;

namespace OrleansStream.Protocols.Batches;

/// <summary>Gzip in a batch: one member, by the framework's own streams.</summary>
/// <remarks>
/// A member ends with the CRC and the length of its content, 4 bytes each, little-endian. The framework's stream checks
/// the CRC but takes a member that is cut short for a shorter one; comparing the length finds that out, and tells
/// beforehand how much memory is needed. https://www.rfc-editor.org/rfc/rfc1952#page-5
/// </remarks>
internal static class GzipFrame
{
    /// <summary>Header and trailer.</summary>
    private const int MinBytes = 18;

    /// <summary>How much deflate can at most grow: 258 bytes take two bits.</summary>
    private const long MaxExpansion = 1_032;

    public static void Compress(ReadOnlySpan<byte> content, IBufferWriter<byte> output)
    {
        using var target = new BufferWriterStream(output);
        using var gzip = new GZipStream(target, CompressionLevel.Fastest);
        gzip.Write(content);
    }

    /// <exception cref="ProtocolException">The bytes are not gzip, or more comes out of them than allowed.</exception>
    public static unsafe PooledBuffer Decompress(ReadOnlySpan<byte> bytes, int maxBytes)
    {
        if (bytes.IsEmpty)
        {
            return PooledBuffer.Rent(0); // What the framework makes of no content.
        }

        var content = PooledBuffer.Rent(ReadLength(bytes, maxBytes));
        try
        {
            fixed (byte* start = bytes)
            {
                using var source = new UnmanagedMemoryStream(start, bytes.Length);
                using var gzip = new GZipStream(source, CompressionMode.Decompress);
                Fill(content.Span, gzip);
            }

            return content;
        }
        catch (InvalidDataException e)
        {
            content.Dispose();
            throw new ProtocolException($"The gzip stream is damaged: {e.Message}");
        }
        catch (ProtocolException)
        {
            content.Dispose();
            throw;
        }
    }

    private static int ReadLength(ReadOnlySpan<byte> bytes, int maxBytes)
    {
        if (bytes.Length < MinBytes)
        {
            throw new ProtocolException($"{bytes.Length} bytes are too few for a gzip stream.");
        }

        var length = BinaryPrimitives.ReadUInt32LittleEndian(bytes[^sizeof(uint)..]);
        return length <= Math.Min(maxBytes, bytes.Length * MaxExpansion)
            ? (int)length
            : throw new ProtocolException($"The gzip length is {length}, more than allowed or possible.");
    }

    private static void Fill(Span<byte> content, GZipStream gzip)
    {
        var read = gzip.ReadAtLeast(content, content.Length, throwOnEndOfStream: false);
        if (read < content.Length || gzip.Read(stackalloc byte[1]) != 0)
        {
            throw new ProtocolException($"The gzip length is {content.Length}, which is not that of the content.");
        }
    }
}
