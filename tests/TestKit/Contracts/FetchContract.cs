using OrleansStream.Contracts;
using Xunit;

namespace OrleansStream.TestKit.Contracts;

/// <summary>Reading batches, and waiting for them.</summary>
public abstract class FetchContract<TFixture> : ClusterContract<TFixture>
    where TFixture : ClusterFixture, new()
{
    [Fact]
    public async Task A_reader_at_the_end_gets_nothing_when_it_does_not_wait()
    {
        var partition = await CreatePartitionAsync();
        await AppendAsync(partition, SampleBatch.Of(1, 2));

        var reply = await partition.FetchAsync(new(2, 1_000, MinBytes: 1, TimeSpan.Zero), None);

        Assert.Equal((StreamError.None, 0, 2, 2), Standing(reply));
        Assert.Equal(0, reply.Records.LengthBytes);
    }

    [Fact]
    public async Task A_waiting_reader_gets_the_next_batch_as_soon_as_it_is_there()
    {
        var partition = await CreatePartitionAsync();
        var waiting = partition.FetchAsync(new(0, 1_000_000, MinBytes: 1, LongWait), None).AsTask();
        Assert.False(waiting.IsCompleted);

        var batch = SampleBatch.OfLength(100);
        await AppendAsync(partition, batch);

        using var records = (await waiting.WaitAsync(LongWait)).Records;
        AssertStored(batch, 0, records.ToArray());
    }

    [Fact]
    public async Task Every_waiting_reader_is_woken()
    {
        var partition = await CreatePartitionAsync();
        var waiting = Enumerable.Range(0, 20)
            .Select(_ => partition.FetchAsync(new(0, 1_000_000, MinBytes: 1, LongWait), None).AsTask())
            .ToArray();

        await AppendAsync(partition, SampleBatch.Of(1));

        foreach (var reply in await Task.WhenAll(waiting).WaitAsync(LongWait))
        {
            using var records = reply.Records;
            Assert.NotEqual(0, records.LengthBytes);
        }
    }

    [Fact]
    public async Task A_reader_that_wants_many_bytes_waits_for_them()
    {
        var partition = await CreatePartitionAsync();
        var waiting = partition.FetchAsync(new(0, 1_000_000, MinBytes: 1_500, LongWait), None).AsTask();

        await AppendAsync(partition, SampleBatch.OfLength(1_000));
        Assert.False(waiting.IsCompleted);
        await AppendAsync(partition, SampleBatch.OfLength(1_000));

        using var records = (await waiting.WaitAsync(LongWait)).Records;
        Assert.Equal(2, Split(records.ToArray()).Count);
    }

    [Fact]
    public async Task A_wait_that_ends_gives_what_there_is()
    {
        var partition = await CreatePartitionAsync();
        await AppendAsync(partition, SampleBatch.Of(1));

        var reply = await partition.FetchAsync(
            new(0, 1_000_000, MinBytes: 500_000, TimeSpan.FromMilliseconds(50)), None);

        using var records = reply.Records;
        Assert.Single(Split(records.ToArray()));
    }

    [Fact]
    public async Task A_wait_can_be_given_up()
    {
        var partition = await CreatePartitionAsync();
        using var giveUp = new CancellationTokenSource();
        var waiting = partition.FetchAsync(new(0, 1_000, MinBytes: 1, LongWait), giveUp.Token).AsTask();

        await giveUp.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(LongWait));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1_100, 1)]
    [InlineData(2_300, 2)]
    [InlineData(1_000_000, 3)]
    public async Task A_reader_gets_at_most_what_it_asks_for_but_one_whole_batch(int maxBytes, int expectedBatches)
    {
        var partition = await CreatePartitionAsync();
        for (var i = 0; i < 3; i++)
        {
            await AppendAsync(partition, SampleBatch.OfLength(1_000));
        }

        Assert.Equal(expectedBatches, Split(await ReadAsync(partition, 0, maxBytes)).Count);
    }

    [Fact]
    public async Task A_reader_in_the_middle_of_a_batch_gets_the_whole_batch()
    {
        var partition = await CreatePartitionAsync();
        await AppendAsync(partition, SampleBatch.Of(1, 2, 3));
        await AppendAsync(partition, SampleBatch.Of(4, 5, 6));

        Assert.Equal([3], await ReadOffsetsAsync(partition, offset: 4));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(4)]
    public async Task An_offset_outside_the_log_is_refused_and_the_reader_told_where_the_log_is(long offset)
    {
        var partition = await CreatePartitionAsync();
        await AppendAsync(partition, SampleBatch.Of(1, 2, 3));

        var reply = await partition.FetchAsync(new(offset, 1_000, MinBytes: 1, LongWait), None);

        Assert.Equal((StreamError.OffsetOutOfRange, 0, 3, 3), Standing(reply));
    }

    [Theory]
    [InlineData(-1, StreamError.FencedLeaderEpoch)]
    [InlineData(0, StreamError.None)]
    [InlineData(1, StreamError.UnknownLeaderEpoch)]
    public async Task A_reader_with_another_epoch_is_told(int difference, StreamError expected)
    {
        await AppendAsync(await CreatePartitionAsync(), SampleBatch.Of(1));
        await RestartAsync(); // So that there is an older epoch.
        var partition = await FindPartitionAsync("topic");
        var epoch = (await partition.GetStatusAsync(None)).LeaderEpoch;

        var reply = await partition.FetchAsync(new(0, 1_000, 1, TimeSpan.Zero, epoch + difference), None);

        using var records = reply.Records;
        Assert.Equal(expected, reply.Error);
    }

    [Fact]
    public async Task A_partition_that_does_not_exist_answers_every_call_with_that()
    {
        var topic = await CreateTopicAsync("orders");
        foreach (var id in new PartitionId[] { new(Guid.NewGuid(), 0), new(topic.Id, 1), new(topic.Id, -1) })
        {
            var partition = Cluster.GetPartition(id);
            StreamError[] errors =
            [
                (await partition.AppendAsync(new(SampleBatch.Of(1), Acks.All, LongWait), None)).Error,
                (await partition.FetchAsync(new(0, 1, 1, LongWait), None)).Error,
                (await partition.FindOffsetAsync(new(OffsetKind.Latest), None)).Error,
                (await partition.FindEpochEndAsync(new(0), None)).Error,
                (await partition.DeleteRecordsAsync(0, None)).Error,
                (await partition.GetStatusAsync(None)).Error,
            ];
            Assert.All(errors, error => Assert.Equal(StreamError.UnknownTopicOrPartition, error));
        }
    }

    private static (StreamError Error, long Start, long HighWatermark, long StableOffset) Standing(in FetchReply reply)
        => (reply.Error, reply.LogStartOffset, reply.HighWatermark, reply.LastStableOffset);
}
