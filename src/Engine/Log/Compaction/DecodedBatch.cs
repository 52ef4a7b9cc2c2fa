using OrleansStream.Protocols;
using OrleansStream.Protocols.Batches;

namespace OrleansStream.Engine.Log.Compaction;

/// <summary>A stored batch with its records as they were before they were compressed.</summary>
/// <remarks>Disposed once; then the records are gone, where they were compressed.</remarks>
internal readonly struct DecodedBatch : IDisposable
{
    private readonly PooledBuffer? _decompressed;

    private DecodedBatch(
        in BatchHeader header, ReadOnlyMemory<byte> batch, PooledBuffer? decompressed, bool isDecoded)
    {
        Header = header;
        Records = decompressed is null ? batch[BatchHeader.SizeBytes..] : decompressed.Memory;
        IsDecoded = isDecoded;
        _decompressed = decompressed;
    }

    public BatchHeader Header { get; }

    /// <summary>Nothing of use unless <see cref="IsDecoded"/>.</summary>
    public ReadOnlyMemory<byte> Records { get; }

    /// <summary>False where the codec is Zstandard, or the bytes are not what the codec makes.</summary>
    public bool IsDecoded { get; }

    public static DecodedBatch Open(ReadOnlyMemory<byte> batch, in BatchHeader header)
    {
        if (header.Codec == CompressionCodec.None || header.RecordCount == 0)
        {
            return new DecodedBatch(header, batch, null, isDecoded: true);
        }

        try
        {
            if (header.Codec < CompressionCodec.Zstd)
            {
                var decompressed = BatchCompression.Decompress(
                    header.Codec, batch.Span[BatchHeader.SizeBytes..], BatchLimits.MaxDecompressedBytes);
                return new DecodedBatch(header, batch, decompressed, isDecoded: true);
            }
        }
        catch (ProtocolException)
        {
            // Taken in while the topic was not compacted, when nobody looked inside.
        }

        return new DecodedBatch(header, batch, null, isDecoded: false);
    }

    /// <summary>Before a batch is believed, or written anew: then it would get a checksum that fits.</summary>
    /// <exception cref="InvalidDataException">It does not match its checksum.</exception>
    public static void ThrowIfDamaged(ReadOnlyMemory<byte> batch, in BatchHeader header)
    {
        if (!BatchStamp.HasRightCrc(batch.Span, header))
        {
            throw new InvalidDataException($"The batch at offset {header.BaseOffset} does not match its checksum.");
        }
    }

    public void Dispose() => _decompressed?.Dispose();
}
