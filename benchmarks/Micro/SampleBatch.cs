using OrleansStream.Protocols.Batches;

namespace OrleansStream.Micro;

/// <summary>
/// The batches all layers are measured with: random values, so that nothing is gained by compressing them.
/// </summary>
internal static class SampleBatch
{
    private const int Seed = 17;
    private const long Timestamp = 1_700_000_000_000;

    /// <summary>One batch of records of this many bytes each.</summary>
    public static byte[] Build(int recordCount, int valueBytes)
    {
        var value = new byte[valueBytes];
        new Random(Seed).NextBytes(value);
        var builder = new BatchBuilder();
        for (var i = 0; i < recordCount; i++)
        {
            builder.Append(value, Timestamp + i);
        }

        return builder.Build(CompressionCodec.None).ToArray();
    }
}
