using System.Buffers;
using OrleansStream.Protocols.Batches;

namespace OrleansStream.Protocols.Tests.Batches;

public sealed class BatchBuilderTests
{
    private static readonly string[] s_three = ["0 0 k1=v1 h:x n:null", "1 5 null=only a value", "2 -5 gone=null"];

    [Theory]
    [InlineData(CompressionCodec.None)]
    [InlineData(CompressionCodec.Gzip)]
    [InlineData(CompressionCodec.Snappy)]
    [InlineData(CompressionCodec.Lz4)]
    public void Records_come_back_from_every_codec(CompressionCodec codec)
    {
        var batch = SampleBatch.OfThree(codec);
        BatchHeader.TryRead(batch, out var header);

        using var records = BatchCompression.Decompress(codec, batch.AsSpan(BatchHeader.SizeBytes), 1_000);

        Assert.Equal(codec, header.Codec);
        Assert.Equal(s_three, SampleBatch.Describe(records.Span, header.RecordCount));
    }

    [Fact]
    public void A_null_is_not_an_empty_field()
    {
        var builder = new BatchBuilder();
        builder.Append([], [], 0);
        builder.Append([], hasKey: false, [], hasValue: false, [new(default, default(ReadOnlyMemory<byte>))], 0);

        Assert.Equal(
            ["0 0 =", "1 0 null=null :"],
            SampleBatch.Describe(builder.Build().Span[BatchHeader.SizeBytes..], 2));
    }

    [Fact]
    public void After_a_reset_nothing_of_the_last_batch_is_left()
    {
        var fresh = new BatchBuilder();
        fresh.Append("v"u8, 5);
        var used = new BatchBuilder();
        used.SetProducer(1, 2, 3);
        used.Append("key"u8, new byte[5_000], 9_999);
        used.Build(CompressionCodec.Lz4);

        used.Reset();
        used.Append("v"u8, 5);

        Assert.Equal(fresh.Build().ToArray(), used.Build().ToArray());
    }

    [Fact]
    public void The_size_is_known_while_records_are_added()
    {
        var builder = new BatchBuilder();
        Assert.Equal(BatchHeader.SizeBytes, builder.SizeBytes);

        for (var i = 0; i < 300; i++)
        {
            builder.Append("key"u8, new byte[i], i);
            Assert.Equal(builder.Build().Length, builder.SizeBytes);
        }

        Assert.Equal(300, builder.RecordCount);
        Assert.True(BatchValidator.Check(builder.Build().Span, SampleBatch.NoLimits).IsGood);
    }

    [Fact]
    public void Once_grown_nothing_is_allocated()
    {
        var builder = new BatchBuilder();
        var value = new byte[100];
        RecordHeader[] headers = [new(new byte[3], new byte[4])];
        Fill();

        var before = GC.GetAllocatedBytesForCurrentThread();
        Fill();

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void Fill()
        {
            builder.Reset();
            for (var i = 0; i < 100; i++)
            {
                builder.Append("key"u8, value, i, headers);
            }

            builder.Build();
        }
    }

    [Fact]
    public void A_batch_can_be_written_where_the_caller_wants_it()
    {
        var builder = new BatchBuilder();
        builder.Append("v"u8, 5);
        var output = new ArrayBufferWriter<byte>();

        builder.Build(CompressionCodec.Snappy, output);

        Assert.Equal(builder.Build(CompressionCodec.Snappy).ToArray(), output.WrittenSpan.ToArray());
    }

    [Fact]
    public void Zstandard_cannot_be_written()
        => Assert.Throws<NotSupportedException>(() => new BatchBuilder().Build(CompressionCodec.Zstd));

    [Fact]
    public void A_timestamp_at_the_far_end_of_time_survives()
    {
        var builder = new BatchBuilder();
        builder.Append("v"u8, long.MaxValue);
        builder.Append("v"u8, -1);
        builder.Append("v"u8, long.MinValue);

        var check = BatchValidator.Check(
            builder.Build().Span, SampleBatch.NoLimits with { TimestampType = Contracts.TimestampType.LogAppendTime });

        Assert.Equal((true, long.MaxValue), (check.IsGood, check.MaxTimestamp));
    }
}
