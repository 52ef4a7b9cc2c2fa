namespace OrleansStream.Protocols.Batches;

/// <summary>How the records of a batch are compressed; the values are those of the batch's attributes.</summary>
public enum CompressionCodec
{
    None = 0,
    Gzip = 1,
    Snappy = 2,
    Lz4 = 3,

    /// <summary>Stored and served as it is, never decoded here.</summary>
    Zstd = 4,
}
