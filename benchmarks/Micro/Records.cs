using OrleansStream.Protocols.Batches;

namespace OrleansStream.Micro;

/// <summary>The records every benchmark uses: bytes that do not compress.</summary>
public static class Records
{
    public static byte[] Value(int recordBytes)
    {
        var value = new byte[recordBytes];
        new Random(recordBytes).NextBytes(value);
        return value;
    }

    /// <summary>An uncompressed batch in an array of its own.</summary>
    public static byte[] Batch(int recordBytes, int recordCount)
    {
        var value = Value(recordBytes);
        var builder = new BatchBuilder();
        var timestamp = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        for (var i = 0; i < recordCount; i++)
        {
            builder.Append(value, timestamp);
        }

        return builder.Build().ToArray();
    }
}
