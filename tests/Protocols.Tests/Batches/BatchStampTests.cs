using OrleansStream.Protocols.Batches;

namespace OrleansStream.Protocols.Tests.Batches;

public sealed class BatchStampTests
{
    [Fact]
    public void Base_offset_and_leader_epoch_leave_everything_else_and_the_checksum_as_they_are()
    {
        var batch = SampleBatch.OfThree();
        BatchHeader.TryRead(batch, out var before);

        BatchStamp.SetBaseOffset(batch, 1L << 40);
        BatchStamp.SetLeaderEpoch(batch, 17);

        BatchHeader.TryRead(batch, out var after);
        Assert.Equal(before with { BaseOffset = 1L << 40, LeaderEpoch = 17 }, after);
        Assert.True(BatchValidator.Check(batch, SampleBatch.NoLimits).IsGood);
    }

    [Fact]
    public void Log_append_time_sets_the_flag_the_max_timestamp_and_a_checksum_that_holds()
    {
        var batch = SampleBatch.OfThree(CompressionCodec.Lz4);
        BatchHeader.TryRead(batch, out var before);

        BatchStamp.SetLogAppendTime(batch, 123_456);

        BatchHeader.TryRead(batch, out var after);
        Assert.Equal(
            before with { Attributes = 0x0B, MaxTimestamp = 123_456, Crc = Crc32C.Compute(batch.AsSpan(21)) }, after);
    }

    [Fact]
    public void A_corrected_max_timestamp_makes_a_batch_that_is_good()
    {
        var batch = SampleBatch.With(SampleBatch.OfThree(), header => header with { MaxTimestamp = 3 });
        var check = BatchValidator.Check(batch, SampleBatch.NoLimits);

        BatchStamp.SetMaxTimestamp(batch, check.MaxTimestamp);

        Assert.Equal(SampleBatch.OfThree(), batch);
    }
}
