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
        Batch = batch;
        Records = decompressed is null ? batch[BatchHeader.SizeBytes..] : decompressed.Memory;
        IsDecoded = isDecoded;
        _decompressed = decompressed;
    }

    public BatchHeader Header { get; }

    /// <summary>The batch as it is stored.</summary>
    public ReadOnlyMemory<byte> Batch { get; }

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

    /// <summary>Before it is written anew: a damaged batch would get a checksum that fits.</summary>
    /// <exception cref="InvalidDataException">It does not match its checksum.</exception>
    public void ThrowIfDamaged()
    {
        if (!BatchStamp.HasRightCrc(Batch.Span, Header))
        {
            throw new InvalidDataException($"The batch at offset {Header.BaseOffset} does not match its checksum.");
        }
    }

    public void Dispose() => _decompressed?.Dispose();
}
