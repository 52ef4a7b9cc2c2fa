using OrleansStream.Protocols.Batches;

namespace OrleansStream.TestKit.Contracts;

/// <summary>Makes record batches as a producer would send them.</summary>
public static class SampleBatch
{
    /// <summary>One record for each timestamp, in milliseconds since 1970.</summary>
    public static ReadOnlyMemory<byte> Of(params long[] timestamps)
    {
        var batch = new BatchBuilder();
        foreach (var timestamp in timestamps)
        {
            batch.Append("value"u8, timestamp);
        }

        return batch.Build();
    }

    /// <summary>One record with a value of that many bytes.</summary>
    public static ReadOnlyMemory<byte> OfLength(int valueBytes)
    {
        var value = new byte[valueBytes];
        new Random(valueBytes).NextBytes(value);
        var batch = new BatchBuilder();
        batch.Append(value, timestamp: 1_000);
        return batch.Build();
    }

    /// <summary>One record of an idempotent producer.</summary>
    public static ReadOnlyMemory<byte> Sequenced(long producerId, int sequence, short epoch = 0)
    {
        var batch = new BatchBuilder();
        batch.SetProducer(producerId, epoch, sequence);
        batch.Append("value"u8, timestamp: 1_000);
        return batch.Build();
    }
}
