using OrleansStream.Protocols.Batches;

namespace OrleansStream.TestKit.Batches;

/// <summary>Makes record batches for tests and takes apart what the engine returns.</summary>
public static class TestBatch
{
    /// <summary>The bytes of one batch as a producer would send it.</summary>
    /// <param name="valueBytes">The length of each value.</param>
    /// <param name="fill">What the values are filled with, so that batches can be told apart.</param>
    /// <param name="timestamp">Of the first record; the others follow a millisecond apart.</param>
    /// <param name="producerId">-1 for a producer that is not idempotent.</param>
    public static byte[] Of(
        int recordCount = 1,
        int valueBytes = 10,
        byte fill = 0,
        long timestamp = 1_000,
        long producerId = -1,
        short producerEpoch = 0,
        int baseSequence = 0,
        CompressionCodec codec = CompressionCodec.None)
    {
        var builder = new BatchBuilder();
        if (producerId >= 0)
        {
            builder.SetProducer(producerId, producerEpoch, baseSequence);
        }

        var value = new byte[valueBytes];
        value.AsSpan().Fill(fill);
        for (var i = 0; i < recordCount; i++)
        {
            builder.Append(value, timestamp + i);
        }

        return builder.Build(codec).ToArray();
    }

    /// <summary>A batch of one record whose value says which one it is.</summary>
    /// <param name="producerId">-1 for a producer that is not idempotent.</param>
    public static byte[] Numbered(
        int number, int paddingBytes = 0, long timestamp = 1_000, long producerId = -1, int baseSequence = 0)
    {
        var value = new byte[sizeof(int) + paddingBytes];
        BitConverter.TryWriteBytes(value, number);
        var builder = new BatchBuilder();
        if (producerId >= 0)
        {
            builder.SetProducer(producerId, 0, baseSequence);
        }

        builder.Append(value, timestamp);
        return builder.Build().ToArray();
    }

    /// <summary>The number of a batch that <see cref="Numbered"/> made.</summary>
    public static int NumberOf(ReadOnlySpan<byte> batch)
    {
        foreach (var record in new BatchReader(batch[BatchHeader.SizeBytes..], 1))
        {
            return BitConverter.ToInt32(record.Value);
        }

        throw new InvalidDataException("The batch has no record.");
    }

    public static BatchHeader HeaderOf(ReadOnlySpan<byte> batch)
        => BatchHeader.TryRead(batch, out var header)
            ? header
            : throw new InvalidDataException("The batch is shorter than its header.");

    /// <summary>Takes whole batches apart.</summary>
    public static List<ReadOnlyMemory<byte>> Split(ReadOnlyMemory<byte> batches)
    {
        List<ReadOnlyMemory<byte>> split = [];
        while (!batches.IsEmpty)
        {
            var length = HeaderOf(batches.Span).TotalBytes;
            split.Add(batches[..length]);
            batches = batches[length..];
        }

        return split;
    }
}
