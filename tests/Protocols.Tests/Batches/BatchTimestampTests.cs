using OrleansStream.Contracts;
using OrleansStream.Protocols.Batches;

namespace OrleansStream.Protocols.Tests.Batches;

public sealed class BatchTimestampTests
{
    private const long Now = SampleBatch.Now;

    private static readonly BatchLimits s_limits = new(int.MaxValue, TimestampType.CreateTime, Now, 1_000, 100);

    [Theory]
    [InlineData(Now - 1_000, StreamError.None)]
    [InlineData(Now - 1_001, StreamError.InvalidTimestamp)]
    [InlineData(Now + 100, StreamError.None)]
    [InlineData(Now + 101, StreamError.InvalidTimestamp)]
    [InlineData(-1, StreamError.None)]
    [InlineData(-2, StreamError.InvalidTimestamp)]
    [InlineData(long.MaxValue, StreamError.InvalidTimestamp)]
    [InlineData(long.MinValue, StreamError.InvalidTimestamp)]
    public void A_timestamp_must_be_near_the_clock_or_absent(long timestamp, StreamError expected)
    {
        Assert.Equal(expected, Check(s_limits, CompressionCodec.None, timestamp));
        Assert.Equal(expected, Check(s_limits, CompressionCodec.Lz4, timestamp));
    }

    [Fact]
    public void Every_record_of_an_uncompressed_batch_is_looked_at()
    {
        Assert.Equal(StreamError.InvalidTimestamp, Check(s_limits, CompressionCodec.None, Now, Now - 5_000, Now));
        Assert.Equal(StreamError.None, Check(s_limits, CompressionCodec.Gzip, Now, Now - 5_000, Now));
    }

    [Theory]
    [InlineData(Now)]
    [InlineData(0)]
    [InlineData(-5)]
    [InlineData(long.MaxValue)]
    [InlineData(long.MinValue)]
    public void The_widest_limits_allow_any_timestamp_of_their_side_and_do_not_overflow(long now)
    {
        var limits = s_limits with { Now = now, MaxTimestampAge = long.MaxValue, MaxTimestampLead = long.MaxValue };

        Assert.True(limits.Allow(now));
        Assert.True(limits.Allow(Math.Max(now, 0) - 1_000));
        Assert.True(limits.Allow(Math.Min(now, 0) + 1_000));
    }

    [Fact]
    public void The_log_s_own_time_makes_the_producer_s_irrelevant()
        => Assert.Equal(
            StreamError.None,
            Check(
                s_limits with { TimestampType = TimestampType.LogAppendTime },
                CompressionCodec.None,
                5,
                long.MaxValue));

    [Fact]
    public void The_latest_timestamp_is_that_of_the_records_not_what_the_header_says()
    {
        var batch = SampleBatch.With(
            Build(CompressionCodec.None, Now, Now + 7, Now + 3), header => header with { MaxTimestamp = Now });

        Assert.Equal(Now + 7, BatchValidator.Check(batch, s_limits).MaxTimestamp);
    }

    [Fact]
    public void Limits_come_from_the_topic()
    {
        var topic = TopicConfig.Parse(new Dictionary<string, string>
        {
            ["max.message.bytes"] = "5000",
            ["message.timestamp.before.max.ms"] = "6000",
            ["message.timestamp.after.max.ms"] = "7000",
            ["message.timestamp.type"] = "LogAppendTime",
        });

        Assert.Equal(
            new BatchLimits(5_000, TimestampType.LogAppendTime, Now, 6_000, 7_000), BatchLimits.Of(topic, Now));
    }

    private static StreamError Check(BatchLimits limits, CompressionCodec codec, params ReadOnlySpan<long> timestamps)
        => BatchValidator.Check(Build(codec, timestamps), limits).Error;

    private static byte[] Build(CompressionCodec codec, params ReadOnlySpan<long> timestamps)
    {
        var builder = new BatchBuilder();
        foreach (var timestamp in timestamps)
        {
            builder.Append("value"u8, timestamp);
        }

        return builder.Build(codec).ToArray();
    }
}
