using System.Buffers;

namespace OrleansStream.Protocols.Batches;

/// <summary>Compresses and decompresses the records of a batch: everything after its header, as one piece.</summary>
public static class BatchCompression
{
    private const string NoZstd = "Zstandard batches are kept as they are; they cannot be written or decoded here.";

    /// <exception cref="NotSupportedException">The codec is <see cref="CompressionCodec.Zstd"/>.</exception>
    public static void Compress(CompressionCodec codec, ReadOnlySpan<byte> records, IBufferWriter<byte> output)
    {
        switch (codec)
        {
            case CompressionCodec.None:
                output.Write(records);
                break;
            case CompressionCodec.Gzip:
                GzipFrame.Compress(records, output);
                break;
            case CompressionCodec.Snappy:
                SnappyFrame.Compress(records, output);
                break;
            case CompressionCodec.Lz4:
                Lz4Frame.Compress(records, output);
                break;
            case CompressionCodec.Zstd:
                throw new NotSupportedException(NoZstd);
            default:
                throw new ArgumentOutOfRangeException(nameof(codec), codec, "Not a codec.");
        }
    }

    /// <summary>The records as <see cref="BatchReader"/> wants them. The caller disposes the buffer.</summary>
    /// <param name="body">Everything after the header of the batch.</param>
    /// <param name="maxBytes">
    /// What may come out at most. Less memory is taken where so few bytes cannot hold that much.
    /// </param>
    /// <exception cref="ProtocolException">The bytes are malformed, or more than that comes out.</exception>
    /// <exception cref="NotSupportedException">The codec is <see cref="CompressionCodec.Zstd"/>.</exception>
    public static PooledBuffer Decompress(CompressionCodec codec, ReadOnlySpan<byte> body, int maxBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxBytes);
        return codec switch
        {
            CompressionCodec.None => Copy(body, maxBytes),
            CompressionCodec.Gzip => GzipFrame.Decompress(body, maxBytes),
            CompressionCodec.Snappy => SnappyFrame.Decompress(body, maxBytes),
            CompressionCodec.Lz4 => Lz4Frame.Decompress(body, maxBytes),
            CompressionCodec.Zstd => throw new NotSupportedException(NoZstd),
            _ => throw new ProtocolException($"The codec is {(int)codec}, which does not exist."),
        };
    }

    private static PooledBuffer Copy(ReadOnlySpan<byte> records, int maxBytes)
    {
        using var output = new DecompressionBuffer(maxBytes);
        output.Append(records);
        return output.TakeWritten();
    }
}
