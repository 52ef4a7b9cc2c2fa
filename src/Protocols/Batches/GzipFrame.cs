using System.Buffers;
using System.IO.Compression;

namespace OrleansStream.Protocols.Batches;

/// <summary>Gzip over the framework's own streams, with a bound on what may come out.</summary>
/// <remarks>https://www.rfc-editor.org/rfc/rfc1952</remarks>
internal static class GzipFrame
{
    /// <summary>How much is asked for at a time; what deflate makes of a batch of the usual size.</summary>
    private const int ReadBytes = 64 * 1_024;

    public static void Compress(ReadOnlySpan<byte> content, IBufferWriter<byte> output)
    {
        using var target = new BufferWriterStream(output);
        using var gzip = new GZipStream(target, CompressionLevel.Fastest);
        gzip.Write(content);
    }

    /// <exception cref="ProtocolException">The bytes are not gzip, or more comes out of them than allowed.</exception>
    public static unsafe PooledBuffer Decompress(ReadOnlySpan<byte> bytes, int maxBytes)
    {
        fixed (byte* start = bytes)
        {
            using var source = new UnmanagedMemoryStream(start, bytes.Length);
            using var gzip = new GZipStream(source, CompressionMode.Decompress);
            try
            {
                return ReadToEnd(gzip, maxBytes);
            }
            catch (InvalidDataException e)
            {
                throw new ProtocolException($"The gzip stream is damaged: {e.Message}");
            }
        }
    }

    private static PooledBuffer ReadToEnd(GZipStream gzip, int maxBytes)
    {
        using var output = new DecompressionBuffer(maxBytes);
        while (true)
        {
            output.Reserve(ReadBytes);
            var read = output.Free.IsEmpty ? ReadPastBound(gzip, output) : gzip.Read(output.Free);
            if (read == 0)
            {
                return output.TakeWritten();
            }

            output.Advance(read);
        }
    }

    /// <summary>The bound is reached: only the end may follow.</summary>
    private static int ReadPastBound(GZipStream gzip, DecompressionBuffer output)
        => gzip.Read(stackalloc byte[1]) == 0 ? 0 : throw output.TooLarge();
}
