using OrleansStream.Contracts;
using OrleansStream.Protocols.Batches;

namespace OrleansStream.Protocols.Tests.Batches;

public sealed class BatchValidatorTests
{
    public static TheoryData<CompressionCodec> Codecs =>
        [CompressionCodec.None, CompressionCodec.Gzip, CompressionCodec.Snappy, CompressionCodec.Lz4];

    [Theory]
    [MemberData(nameof(Codecs))]
    public void A_good_batch_is_accepted_with_its_header_and_latest_timestamp(CompressionCodec codec)
    {
        var check = BatchValidator.Check(SampleBatch.OfThree(codec), SampleBatch.NoLimits);

        Assert.Equal((StreamError.None, null), (check.Error, check.Message));
        Assert.Equal((3, codec, 7L), (check.Header.RecordCount, check.Header.Codec, check.Header.ProducerId));
        Assert.Equal(SampleBatch.Now + 5, check.MaxTimestamp);
    }

    [Fact]
    public void Accepting_allocates_nothing()
    {
        var batch = SampleBatch.OfThree();
        var limits = SampleBatch.NoLimits;
        BatchValidator.Check(batch, limits);

        var before = GC.GetAllocatedBytesForCurrentThread();
        BatchValidator.Check(batch, limits);

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Theory]
    [MemberData(nameof(Codecs))]
    public void A_batch_cut_short_anywhere_is_corrupt(CompressionCodec codec)
    {
        var batch = SampleBatch.OfThree(codec);

        for (var length = 0; length < batch.Length; length++)
        {
            Assert.Equal(StreamError.CorruptBatch, Check(batch.AsSpan(0, length)));
        }
    }

    [Theory]
    [MemberData(nameof(Codecs))]
    public void Every_flipped_bit_the_checksum_covers_is_corrupt(CompressionCodec codec)
    {
        var batch = SampleBatch.OfThree(codec);

        for (var bit = 17 * 8; bit < batch.Length * 8; bit++)
        {
            batch[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Equal(StreamError.CorruptBatch, Check(batch));
            batch[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_random_flipped_bit_of_a_large_batch_is_corrupt(int seed)
    {
        var random = new Random(seed);
        var value = new byte[50_000];
        random.NextBytes(value);
        var builder = new BatchBuilder();
        builder.Append(value, SampleBatch.Now);
        var batch = builder.Build().ToArray();

        for (var round = 0; round < 500; round++)
        {
            var bit = random.Next(17 * 8, batch.Length * 8);
            batch[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Equal(StreamError.CorruptBatch, Check(batch));
            batch[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Theory]
    [InlineData(0, StreamError.UnsupportedBatch)]
    [InlineData(1, StreamError.UnsupportedBatch)]
    [InlineData(3, StreamError.CorruptBatch)]
    [InlineData(-1, StreamError.CorruptBatch)]
    public void Only_magic_2_is_accepted(sbyte magic, StreamError expected)
        => AssertRefused(expected, $"magic is {magic}", header => header with { Magic = magic });

    [Fact]
    public void A_message_set_of_the_oldest_format_is_called_unsupported_though_it_is_shorter_than_a_header()
    {
        var message = Convert.FromHexString(
            "0000000000000000" + "0000000F" + "00000000" + "00" + "00" + "FFFFFFFF" + "0000000131");

        Assert.Equal(StreamError.UnsupportedBatch, Check(message));
    }

    [Theory]
    [InlineData(int.MinValue, StreamError.CorruptBatch)]
    [InlineData(-1, StreamError.CorruptBatch)]
    [InlineData(0, StreamError.CorruptBatch)]
    [InlineData(48, StreamError.CorruptBatch)]
    [InlineData(49, StreamError.InvalidRecord)]
    [InlineData(int.MaxValue, StreamError.CorruptBatch)]
    public void A_length_that_is_not_that_of_the_bytes_is_refused(int batchLength, StreamError expected)
        => AssertRefused(
            expected, $"batch length is {batchLength}", header => header with { BatchLength = batchLength });

    [Fact]
    public void Two_batches_are_one_too_many()
        => Assert.Equal(StreamError.InvalidRecord, Check([.. SampleBatch.OfThree(), .. SampleBatch.OfThree()]));

    [Fact]
    public void The_size_limit_is_inclusive()
    {
        var batch = SampleBatch.OfThree();
        var limits = SampleBatch.NoLimits with { MaxBatchBytes = batch.Length };

        Assert.Equal(StreamError.None, Check(batch, limits));
        Assert.Equal(StreamError.BatchTooLarge, Check(batch, limits with { MaxBatchBytes = batch.Length - 1 }));
    }

    [Theory]
    [InlineData(0x08, StreamError.InvalidTimestamp)]
    [InlineData(0x10, StreamError.UnsupportedBatch)]
    [InlineData(0x20, StreamError.UnsupportedBatch)]
    [InlineData(0x40, StreamError.InvalidRecord)]
    [InlineData(0x80, StreamError.InvalidRecord)]
    [InlineData(short.MinValue, StreamError.InvalidRecord)]
    [InlineData(0x05, StreamError.InvalidRecord)]
    [InlineData(0x07, StreamError.InvalidRecord)]
    public void Attributes_a_producer_may_not_set_are_refused(short attributes, StreamError expected)
        => AssertRefused(expected, $"0x{attributes:x4}", header => header with { Attributes = attributes });

    [Fact]
    public void Zstandard_is_accepted_unseen()
        => Assert.Equal(StreamError.None, Check(SampleBatch.Around([1, 2, 3], recordCount: 5, attributes: 4)));

    [Theory]
    [InlineData(0, -1)]
    [InlineData(-1, -2)]
    [InlineData(int.MinValue, int.MaxValue)]
    [InlineData(3, 1)]
    [InlineData(3, 3)]
    [InlineData(4, 2)]
    public void Record_count_and_last_offset_delta_must_agree(int recordCount, int lastOffsetDelta)
        => AssertRefused(
            StreamError.InvalidRecord,
            $"record count is {recordCount} and the last offset delta {lastOffsetDelta}",
            header => header with { RecordCount = recordCount, LastOffsetDelta = lastOffsetDelta });

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(int.MaxValue)]
    public void A_count_that_is_not_that_of_the_records_is_refused(int recordCount)
        => AssertRefused(
            StreamError.InvalidRecord,
            "ecord",
            header => header with { RecordCount = recordCount, LastOffsetDelta = recordCount - 1 });

    [Theory]
    [InlineData(0, -1, 0, StreamError.InvalidRecord)]
    [InlineData(0, 0, -1, StreamError.InvalidRecord)]
    [InlineData(0, 0, 0, StreamError.None)]
    [InlineData(-1, -1, -1, StreamError.None)]
    [InlineData(-1, -1, 0, StreamError.None)]
    public void A_producer_needs_an_epoch_and_a_sequence(long id, short epoch, int sequence, StreamError expected)
    {
        var batch = SampleBatch.With(
            SampleBatch.OfThree(),
            header => header with { ProducerId = id, ProducerEpoch = epoch, BaseSequence = sequence });

        Assert.Equal(expected, Check(batch));
    }

    [Theory]
    [MemberData(nameof(Codecs))]
    public void Where_keys_are_needed_a_record_without_one_is_refused_in_every_codec(CompressionCodec codec)
    {
        var limits = SampleBatch.NoLimits with { NeedsKeys = true };

        var check = BatchValidator.Check(SampleBatch.OfThree(codec), limits);

        Assert.Equal(StreamError.InvalidRecord, check.Error);
        Assert.Contains("Record 1 has no key", check.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Where_keys_are_needed_what_cannot_be_decoded_is_refused_unless_it_is_in_Zstandard()
    {
        var limits = SampleBatch.NoLimits with { NeedsKeys = true };

        Assert.Equal(StreamError.InvalidRecord, Check(SampleBatch.Around("no gzip"u8, 1, attributes: 1), limits));
        Assert.Equal(StreamError.None, Check(SampleBatch.Around("a frame"u8, 1, attributes: 4), limits));
    }

    private static void AssertRefused(StreamError expected, string message, Func<BatchHeader, BatchHeader> change)
    {
        var check = BatchValidator.Check(SampleBatch.With(SampleBatch.OfThree(), change), SampleBatch.NoLimits);

        Assert.Equal(expected, check.Error);
        Assert.Contains(message, check.Message, StringComparison.Ordinal);
    }

    private static StreamError Check(ReadOnlySpan<byte> batch) => Check(batch, SampleBatch.NoLimits);

    private static StreamError Check(ReadOnlySpan<byte> batch, BatchLimits limits)
        => BatchValidator.Check(batch, limits).Error;
}
