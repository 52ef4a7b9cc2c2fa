using OrleansStream.Contracts;
using Xunit;

namespace OrleansStream.TestKit.Contracts;

/// <summary>Appending batches, and telling retries from new ones.</summary>
public abstract class AppendContract<TFixture> : ClusterContract<TFixture>
    where TFixture : ClusterFixture, new()
{
    [Theory]
    [InlineData(1)]
    [InlineData(4_096)]
    [InlineData(1_000_000)]
    public async Task What_was_sent_is_read_byte_for_byte(int valueBytes)
    {
        var partition = await CreatePartitionAsync();
        var first = SampleBatch.OfLength(valueBytes);
        var second = SampleBatch.OfLength(valueBytes + 1);

        await AppendAsync(partition, first);
        await AppendAsync(partition, second);

        AssertStored(first, 0, Split(await ReadAsync(partition, 0, maxBytes: 1)).Single());
        AssertStored(second, 1, Split(await ReadAsync(partition, 1)).Single());
    }

    [Theory]
    [InlineData(Acks.Leader)]
    [InlineData(Acks.All)]
    public async Task Every_record_gets_the_next_offset(Acks acks)
    {
        var partition = await CreatePartitionAsync();

        Assert.Equal(0, await AppendAsync(partition, SampleBatch.Of(1, 2, 3), acks));
        Assert.Equal(3, await AppendAsync(partition, SampleBatch.Of(4), acks));
        Assert.Equal(4, await AppendAsync(partition, SampleBatch.Of(5, 6)));

        Assert.Equal([0, 3, 4], await ReadOffsetsAsync(partition));
    }

    [Theory]
    [InlineData(0, StreamError.OffsetOutOfRange)]
    [InlineData(1, StreamError.None)]
    [InlineData(2, StreamError.OffsetOutOfRange)]
    public async Task A_batch_can_be_appended_at_its_offset_or_not_at_all(long expectedOffset, StreamError expected)
    {
        var partition = await CreatePartitionAsync();
        await AppendAsync(partition, SampleBatch.Of(1));

        var reply = await partition.AppendAsync(new(SampleBatch.Of(2), Acks.All, LongWait, expectedOffset), None);

        Assert.Equal(expected, reply.Error);
        Assert.Equal(expected == StreamError.None ? [0, 1] : [0], await ReadOffsetsAsync(partition));
    }

    [Fact]
    public async Task Partitions_count_for_themselves()
    {
        await CreateTopicAsync("orders", 4);

        await Task.WhenAll(Enumerable.Range(0, 4).Select(async partition =>
        {
            var port = await FindPartitionAsync("orders", partition);
            for (var offset = 0; offset < 20; offset++)
            {
                Assert.Equal(offset, await AppendAsync(port, SampleBatch.Of(1)));
            }
        }));
    }

    [Fact]
    public async Task A_damaged_batch_is_refused_and_nothing_is_stored()
    {
        var partition = await CreatePartitionAsync();
        var batch = SampleBatch.OfLength(100).ToArray();
        batch[^1] ^= 1;

        var reply = await partition.AppendAsync(new(batch, Acks.All, LongWait), None);

        Assert.Equal(StreamError.CorruptBatch, reply.Error);
        Assert.Empty(await ReadOffsetsAsync(partition));
    }

    [Fact]
    public async Task A_batch_larger_than_the_topic_allows_is_refused()
    {
        var partition = await CreatePartitionAsync(("max.message.bytes", "1000"));

        var reply = await partition.AppendAsync(new(SampleBatch.OfLength(1_000), Acks.All, LongWait), None);

        Assert.Equal(StreamError.BatchTooLarge, reply.Error);
        Assert.NotEmpty(reply.Message!);
    }

    [Fact]
    public async Task The_log_sets_the_time_where_the_topic_says_so()
    {
        var partition = await CreatePartitionAsync(("message.timestamp.type", "LogAppendTime"));

        var reply = await partition.AppendAsync(new(SampleBatch.Of(1_000), Acks.All, LongWait), None);
        var found = await partition.FindOffsetAsync(new(OffsetKind.MaxTimestamp), None);

        Assert.True(reply.LogAppendTimestamp > 1_000);
        Assert.Equal((0, reply.LogAppendTimestamp), (found.Offset, found.Timestamp));
    }

    [Fact]
    public async Task A_retry_is_answered_with_the_offset_it_got_the_first_time()
    {
        var partition = await CreatePartitionAsync();
        var producer = await Cluster.ProducerIds.AllocateAsync(None);
        await AppendAsync(partition, SampleBatch.Of(1, 2));

        var offset = await AppendAsync(partition, SampleBatch.Sequenced(producer, sequence: 0));
        await AppendAsync(partition, SampleBatch.Sequenced(producer, sequence: 1));
        var again = await AppendAsync(partition, SampleBatch.Sequenced(producer, sequence: 0));

        Assert.Equal((2, 2), (offset, again));
        Assert.Equal([0, 2, 3], await ReadOffsetsAsync(partition));
    }

    [Fact]
    public async Task A_batch_that_comes_too_early_is_refused()
    {
        var partition = await CreatePartitionAsync();
        await AppendAsync(partition, SampleBatch.Sequenced(producerId: 7, sequence: 0));

        var reply = await partition.AppendAsync(new(SampleBatch.Sequenced(7, sequence: 2), Acks.All, LongWait), None);

        Assert.Equal(StreamError.OutOfOrderSequence, reply.Error);
    }

    [Fact]
    public async Task An_older_session_of_a_producer_is_refused()
    {
        var partition = await CreatePartitionAsync();
        await AppendAsync(partition, SampleBatch.Sequenced(producerId: 7, sequence: 0, epoch: 1));

        var reply = await partition.AppendAsync(new(SampleBatch.Sequenced(7, 0, epoch: 0), Acks.All, LongWait), None);

        Assert.Equal(StreamError.InvalidProducerEpoch, reply.Error);
    }

    [Fact]
    public async Task No_two_producers_get_the_same_id()
    {
        var ids = await Task.WhenAll(
            Enumerable.Range(0, 1_500).Select(_ => Cluster.ProducerIds.AllocateAsync(None).AsTask()));

        Assert.Equal(ids.Length, ids.Distinct().Count());
        Assert.All(ids, id => Assert.True(id >= 0));
    }
}
