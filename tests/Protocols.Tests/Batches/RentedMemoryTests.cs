using OrleansStream.Protocols.Batches;

namespace OrleansStream.Protocols.Tests.Batches;

/// <summary>Runs alone, because rented buffers are counted per process.</summary>
[CollectionDefinition(nameof(RentedMemoryTests), DisableParallelization = true)]
[Collection(nameof(RentedMemoryTests))]
public sealed class RentedMemoryTests
{
    [Theory]
    [InlineData(CompressionCodec.None)]
    [InlineData(CompressionCodec.Gzip)]
    [InlineData(CompressionCodec.Snappy)]
    [InlineData(CompressionCodec.Lz4)]
    public void Success_leaves_one_buffer_and_refusal_none(CompressionCodec codec)
    {
        var builder = new BatchBuilder();
        builder.Append(SampleText.Text(100_000), SampleBatch.Now);
        var body = builder.Build(codec).ToArray().AsSpan(BatchHeader.SizeBytes);

        var before = PooledBuffer.RentedCount;
        var records = BatchCompression.Decompress(codec, body, 200_000);
        Assert.Equal(before + 1, PooledBuffer.RentedCount);
        records.Dispose();

        Refuse(codec, body, maxBytes: 70_000);
        if (codec != CompressionCodec.None)
        {
            Refuse(codec, body[..^1], maxBytes: 200_000);
            body[body.Length / 2] ^= 0xFF;
            Refuse(codec, body, maxBytes: codec == CompressionCodec.Gzip ? 200_000 : 90_000);
        }

        Assert.Equal(before, PooledBuffer.RentedCount);
    }

    private static void Refuse(CompressionCodec codec, ReadOnlySpan<byte> body, int maxBytes)
    {
        try
        {
            BatchCompression.Decompress(codec, body, maxBytes).Dispose();
        }
        catch (ProtocolException)
        {
            return;
        }

        Assert.Fail($"{codec} accepted it.");
    }
}
