using System.Buffers.Binary;
using System.Text;
using OrleansStream.Protocols.Batches;
using OrleansStream.Protocols.Kafka;
using OrleansStream.TestKit.Clients;

namespace OrleansStream.Silo.Tests.Hostile;

/// <summary>Batches that lie about themselves: each gets Kafka's error, and nothing of it is stored.</summary>
[Collection(HostileCollection.Name)]
public sealed class HostileBatchesTests(HostileSilo silo)
{
    private const int BatchLengthPosition = 8;
    private const int CrcPosition = 17;
    private const int LastOffsetDeltaPosition = 23;
    private const int RecordCountPosition = 57;
    private const int DefaultMaxBatchBytes = 1_048_588;

    [Fact]
    public async Task A_wrong_checksum_is_refused()
        => await AssertRefusedAsync("crc", ErrorCode.CorruptMessage, batch => batch[^1] ^= 1, restamp: false);

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(2)]
    [InlineData(int.MaxValue)]
    public async Task A_wrong_record_count_is_refused(int count)
        => await AssertRefusedAsync(
            $"count.{count}",
            ErrorCode.InvalidRecord,
            batch =>
            {
                BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(RecordCountPosition), count);
                BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(LastOffsetDeltaPosition), unchecked(count - 1));
            });

    // An offset delta of its own would let one batch take up all the offsets there are.
    [Fact]
    public async Task A_last_offset_that_the_records_do_not_reach_is_refused()
        => await AssertRefusedAsync(
            "delta",
            ErrorCode.InvalidRecord,
            batch => BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(LastOffsetDeltaPosition), int.MaxValue));

    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(int.MinValue)]
    [InlineData(-1)]
    [InlineData(0)]
    public async Task A_wrong_batch_length_is_refused(int length)
        => await AssertRefusedAsync(
            $"length.{length}",
            ErrorCode.CorruptMessage,
            batch => BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(BatchLengthPosition), length));

    [Fact]
    public async Task Records_that_are_none_are_refused()
        => await AssertRefusedAsync(
            "records", ErrorCode.InvalidRecord, batch => batch.AsSpan(BatchHeader.SizeBytes).Fill(0xFF));

    [Fact]
    public async Task A_batch_above_the_topics_limit_is_refused()
    {
        var builder = new BatchBuilder();
        builder.Append(new byte[DefaultMaxBatchBytes], timestamp: 0);

        await AssertRefusedAsync("oversize", ErrorCode.MessageTooLarge, builder.Build().ToArray());
    }

    [Fact]
    public async Task Two_batches_in_one_are_refused()
        => await AssertRefusedAsync("two", ErrorCode.InvalidRecord, (byte[])[.. GoodBatch(), .. GoodBatch()]);

    [Fact]
    public async Task An_empty_batch_is_refused() => await AssertRefusedAsync("empty", ErrorCode.InvalidRecord, []);

    private async Task AssertRefusedAsync(string topic, ErrorCode error, Action<byte[]> spoil, bool restamp = true)
    {
        var batch = GoodBatch();
        spoil(batch);
        if (restamp)
        {
            BinaryPrimitives.WriteUInt32BigEndian(
                batch.AsSpan(CrcPosition), Crc32C.Compute(batch.AsSpan(CrcPosition + sizeof(uint))));
        }

        await AssertRefusedAsync(topic, error, batch);
    }

    private async Task AssertRefusedAsync(string topic, ErrorCode error, byte[] batch)
    {
        topic = $"hostile.{topic}";
        using var connection = await KafkaConnection.OpenAsync(silo.KafkaAddress);
        await connection.CreateTopicAsync(topic, partitionCount: 1);

        Assert.Equal(error, await connection.ProduceAsync(topic, 0, batch));

        Assert.Empty(await connection.FetchAsync(topic, 0, offset: 0));
        Assert.Equal(ErrorCode.None, await connection.ProduceAsync(topic, 0, GoodBatch()));
        Assert.Equal(["good"], StoredBatches.Values(await StoredBatches.ReadAsync(connection, topic, 0)));
        await silo.AssertUnharmedAsync();
    }

    private static byte[] GoodBatch()
    {
        var builder = new BatchBuilder();
        builder.Append(Encoding.UTF8.GetBytes("good"), timestamp: 0);
        return builder.Build().ToArray();
    }
}
