using OrleansStream.Protocols.Batches;

namespace OrleansStream.Protocols.Tests.Batches;

public sealed class BatchHeaderTests
{
    [Fact]
    public void Fewer_bytes_than_a_header_are_no_header()
    {
        var batch = SampleBatch.OfThree();

        for (var length = 0; length < BatchHeader.SizeBytes; length++)
        {
            Assert.False(BatchHeader.TryRead(batch.AsSpan(0, length), out _));
        }

        Assert.True(BatchHeader.TryRead(batch.AsSpan(0, BatchHeader.SizeBytes), out _));
    }

    [Fact]
    public void Every_field_survives_writing_and_reading()
    {
        var header = new BatchHeader
        {
            BaseOffset = 0x0102030405060708,
            BatchLength = 0x11121314,
            LeaderEpoch = 0x21222324,
            Magic = 0x31,
            Crc = 0xF1424344,
            Attributes = 0x5152,
            LastOffsetDelta = 0x61626364,
            BaseTimestamp = 0x7172737475767778,
            MaxTimestamp = -2,
            ProducerId = -3,
            ProducerEpoch = -4,
            BaseSequence = -5,
            RecordCount = -6,
        };
        var bytes = new byte[BatchHeader.SizeBytes];
        header.Write(bytes);

        Assert.True(BatchHeader.TryRead(bytes, out var read));
        Assert.Equal(header, read);
    }

    [Fact]
    public void Offsets_and_sizes_follow_from_the_fields()
    {
        var header = new BatchHeader { BaseOffset = 100, LastOffsetDelta = 4, BatchLength = 88, ProducerId = -1 };

        Assert.Equal((104, 105, 100), (header.LastOffset, header.NextOffset, header.TotalBytes));
        Assert.False(header.HasProducer);
        Assert.True((header with { ProducerId = 0 }).HasProducer);
    }

    [Theory]
    [InlineData(0x00, CompressionCodec.None, false, false, false)]
    [InlineData(0x04, CompressionCodec.Zstd, false, false, false)]
    [InlineData(0x0A, CompressionCodec.Snappy, true, false, false)]
    [InlineData(0x13, CompressionCodec.Lz4, false, true, false)]
    [InlineData(0x31, CompressionCodec.Gzip, false, true, true)]
    public void Attributes_are_told_apart(
        short attributes, CompressionCodec codec, bool logAppendTime, bool transactional, bool control)
    {
        var header = new BatchHeader { Attributes = attributes };

        Assert.Equal(
            (codec, logAppendTime, transactional, control),
            (header.Codec, header.HasLogAppendTime, header.IsTransactional, header.IsControl));
    }
}
