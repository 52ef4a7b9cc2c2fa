using OrleansStream.Engine.Log;
using OrleansStream.Protocols.Batches;
using OrleansStream.TestKit.Batches;

namespace OrleansStream.Engine.Tests.Log;

public sealed class TimestampedRecordTests
{
    [Theory]
    [InlineData(CompressionCodec.None)]
    [InlineData(CompressionCodec.Gzip)]
    [InlineData(CompressionCodec.Lz4)]
    [InlineData(CompressionCodec.Snappy)]
    public void The_first_record_at_or_after_the_time_is_found(CompressionCodec codec)
    {
        // Offsets 0 to 4 at 100 to 104, offsets 5 to 9 at 50 to 54, offsets 10 to 14 at 200 to 204.
        var batches = Batches(codec, 100, 50, 200);

        Assert.Equal(new TimestampedRecord(0, 100), TimestampedRecord.Find(batches, 0, 0));
        Assert.Equal(new TimestampedRecord(3, 103), TimestampedRecord.Find(batches, 103, 0));
        Assert.Equal(new TimestampedRecord(10, 200), TimestampedRecord.Find(batches, 105, 0));
        Assert.Equal(new TimestampedRecord(14, 204), TimestampedRecord.Find(batches, 204, 0));
        Assert.Null(TimestampedRecord.Find(batches, 205, 0));
    }

    [Fact]
    public void Records_before_the_log_start_do_not_count()
    {
        var batches = Batches(CompressionCodec.None, 100, 50, 200);

        Assert.Equal(new TimestampedRecord(2, 102), TimestampedRecord.Find(batches, 100, fromOffset: 2));
        Assert.Equal(new TimestampedRecord(7, 52), TimestampedRecord.Find(batches, 51, fromOffset: 7));
        Assert.Equal(204, TimestampedRecord.FindLargest(batches, fromOffset: 7));
        Assert.Equal(54, TimestampedRecord.FindLargest(batches.AsSpan(0, batches.Length * 2 / 3), fromOffset: 5));
        Assert.Equal(104, TimestampedRecord.FindLargest(batches.AsSpan(0, batches.Length / 3), fromOffset: 3));
        Assert.Equal(long.MinValue, TimestampedRecord.FindLargest(batches, fromOffset: 15));
    }

    [Fact]
    public void In_a_batch_that_cannot_be_decoded_the_first_offset_stands_for_the_record()
    {
        var batch = TestBatch.Of(5, valueBytes: 100, timestamp: 100, codec: CompressionCodec.Gzip);
        BatchStamp.SetBaseOffset(batch, 20);
        batch.AsSpan(BatchHeader.SizeBytes).Fill(0xFF);

        Assert.Equal(new TimestampedRecord(20, 104), TimestampedRecord.Find(batch, 103, 0));
        Assert.Equal(new TimestampedRecord(22, 104), TimestampedRecord.Find(batch, 103, fromOffset: 22));
    }

    [Fact]
    public void Records_that_the_log_timed_all_have_its_time()
    {
        var batch = TestBatch.Of(5, timestamp: 100);
        BatchStamp.SetLogAppendTime(batch, 900);

        Assert.Equal(new TimestampedRecord(0, 900), TimestampedRecord.Find(batch, 500, 0));
    }

    private static byte[] Batches(CompressionCodec codec, params long[] timestamps)
        => [.. timestamps.SelectMany((timestamp, i) =>
        {
            var batch = TestBatch.Of(5, timestamp: timestamp, codec: codec);
            BatchStamp.SetBaseOffset(batch, i * 5);
            return batch;
        })];
}
