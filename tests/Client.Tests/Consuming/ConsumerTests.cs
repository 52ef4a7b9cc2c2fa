using System.Text;
using OrleansStream.Protocols.Batches;
using OrleansStream.Protocols.Kafka;

namespace OrleansStream.Client.Tests.Consuming;

public sealed class ConsumerOverTcpTests(RunningSilo silo) : ConsumerTests<RunningSilo>(silo);

public sealed class ConsumerInProcessTests(OpenedCluster cluster) : ConsumerTests<OpenedCluster>(cluster);

public abstract class ConsumerTests<TFixture>(TFixture fixture) : IClassFixture<TFixture>
    where TFixture : class, IClientFixture
{
    private static readonly ConsumerOptions s_fromTheStart = new() { StartPosition = StartPosition.Earliest };

    [Theory]
    [InlineData(CompressionCodec.None)]
    [InlineData(CompressionCodec.Gzip)]
    [InlineData(CompressionCodec.Snappy)]
    [InlineData(CompressionCodec.Lz4)]
    public async Task Every_record_of_every_partition_is_read_once_and_in_order(CompressionCodec codec)
    {
        const int Count = 20_000;
        var topic = await fixture.Client.FillAsync(
            $"read-{codec}", 5, Count, new() { Compression = codec, BatchBytes = 2_000 });
        await using var consumer = fixture.Client.CreateConsumer(
            new() { StartPosition = StartPosition.Earliest, PrefetchBytes = 20_000, MaxPollRecords = 77 });
        consumer.Assign(TestTopics.Partitions(topic, 5));

        var records = await consumer.TakeAsync(Count);

        Assert.Equal(Enumerable.Range(0, Count), records.Select(record => record.Number()).Order());
        Assert.All(records, record => Assert.Equal(record.Number() / 5, record.Offset));
        Assert.All(
            records.GroupBy(record => record.Partition),
            partition => Assert.Equal(partition.OrderBy(record => record.Offset), partition));
    }

    [Fact]
    public async Task Batches_show_records_in_place_and_hand_out_again_what_was_not_looked_at()
    {
        var topic = await fixture.Client.FillAsync("batches", 1, 100);
        await using var consumer = fixture.Client.CreateConsumer(s_fromTheStart);
        consumer.Assign(new TopicPartition(topic, 0));

        var numbers = new List<int>();
        while (numbers.Count < 100)
        {
            var looked = 0;
            foreach (var record in await consumer.ReadBatchAsync())
            {
                numbers.Add(int.Parse(record.Value));
                if (++looked == 7)
                {
                    break;
                }
            }
        }

        Assert.Equal(Enumerable.Range(0, 100), numbers);
        Assert.Equal(0, consumer.Lag[new TopicPartition(topic, 0)]);
    }

    [Fact]
    public async Task Keys_headers_and_nothing_come_as_they_were_sent()
    {
        var topic = await fixture.Client.FillAsync("fields", 1, 0);
        var sentAt = DateTimeOffset.FromUnixTimeMilliseconds(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds());
        await using var producer = fixture.Client.CreateProducer();
        await producer.SendAsync(new OutgoingRecord(topic, Encoding.UTF8.GetBytes("key"), null)
        {
            Headers =
            [
                new("name", Encoding.UTF8.GetBytes("größe")), new("empty", Array.Empty<byte>()), new("null", null),
            ],
            Timestamp = sentAt,
        });
        await using var consumer = fixture.Client.CreateConsumer(s_fromTheStart);
        consumer.Assign(new TopicPartition(topic, 0));

        var record = Assert.Single(await consumer.TakeAsync(1));

        Assert.Equal("key", Encoding.UTF8.GetString(record.Key!.Value.Span));
        Assert.Null(record.Value);
        Assert.Equal(sentAt, record.Timestamp);
        Assert.Equal(["name=größe", "empty=", "null=-"], record.Headers.Select(header =>
            $"{header.Name}={(header.Value is { } value ? Encoding.UTF8.GetString(value.Span) : "-")}"));
    }

    [Fact]
    public async Task Seeking_goes_on_at_an_offset_the_beginning_or_a_time()
    {
        var topic = await fixture.Client.FillAsync("seek", 1, 0);
        var partition = new TopicPartition(topic, 0);
        var start = TimeProvider.System.GetUtcNow();
        await using var producer = fixture.Client.CreateProducer();
        for (var i = 0; i < 100; i++)
        {
            await producer.PostAsync(
                new(topic, null, Encoding.UTF8.GetBytes($"{i}")) { Timestamp = start.AddSeconds(i - 200) });
        }

        await producer.FlushAsync();
        await using var consumer = fixture.Client.CreateConsumer(s_fromTheStart);
        consumer.Assign(new TopicPartitionOffset(partition, 90));

        Assert.Equal(90, (await consumer.TakeAsync(1))[0].Number());
        consumer.Seek(partition, OffsetPoint.Earliest);
        Assert.Equal(0, (await consumer.TakeAsync(1))[0].Number());
        consumer.Seek(partition, OffsetPoint.At(start.AddSeconds(-150)));
        Assert.Equal(50, (await consumer.TakeAsync(1))[0].Number());
        Assert.Equal(51, (await consumer.TakeAsync(1))[0].Number());
        Assert.Equal(52, consumer.GetPosition(partition));
    }

    [Fact]
    public async Task A_paused_partition_is_silent_until_it_is_resumed()
    {
        var topic = await fixture.Client.FillAsync("pause", 2, 200);
        await using var consumer = fixture.Client.CreateConsumer(s_fromTheStart);
        consumer.Assign(TestTopics.Partitions(topic, 2));
        consumer.Pause(new TopicPartition(topic, 0));

        Assert.All(await consumer.TakeAsync(100), record => Assert.Equal(1, record.Partition.Partition));
        consumer.Resume(new TopicPartition(topic, 0));
        Assert.All(await consumer.TakeAsync(100), record => Assert.Equal(0, record.Partition.Partition));
    }

    [Fact]
    public async Task A_topic_deleted_and_created_again_is_written_on_and_read_from_its_beginning()
    {
        var topic = await fixture.Client.FillAsync("replaced", 1, 0);
        await using var producer = fixture.Client.CreateProducer();
        await using var consumer = fixture.Client.CreateConsumer(s_fromTheStart);
        consumer.Assign(new TopicPartition(topic, 0));
        await SendAsync(5);
        await consumer.TakeAsync(5);

        await using var admin = fixture.Client.CreateAdmin();
        await admin.DeleteTopicAsync(topic);
        await admin.CreateTopicAsync(topic, 1);
        await SendAsync(20);

        Assert.Equal(Enumerable.Range(0, 20), (await consumer.TakeAsync(20)).Select(record => record.Number()));

        async Task SendAsync(int count)
        {
            for (var i = 0; i < count; i++)
            {
                await producer.SendAsync(topic, null, Encoding.UTF8.GetBytes($"{i}"));
            }
        }
    }

    [Fact]
    public async Task A_topic_that_does_not_exist_yet_is_waited_for_while_others_are_read()
    {
        var topic = await fixture.Client.FillAsync("existing", 1, 10);
        await using var consumer = fixture.Client.CreateConsumer(s_fromTheStart);
        consumer.Assign(new TopicPartition("absent", 0), new TopicPartition(topic, 0));
        await consumer.TakeAsync(10);

        await fixture.Client.FillAsync("absent", 1, 5);

        Assert.All(await consumer.TakeAsync(5), record => Assert.Equal("absent", record.Partition.Topic));
    }

    [Fact]
    public async Task Records_that_were_deleted_are_skipped_or_fail_as_the_options_say()
    {
        var topic = await fixture.Client.FillAsync("deleted", 1, 100);
        var partition = new TopicPartition(topic, 0);
        await using (var admin = fixture.Client.CreateAdmin())
        {
            await admin.DeleteRecordsAsync([new(partition, 40)]);
        }

        await using var skipping = fixture.Client.CreateConsumer(s_fromTheStart);
        skipping.Assign(new TopicPartitionOffset(partition, 10));
        Assert.Equal(40, (await skipping.TakeAsync(1))[0].Number());

        await using var failing = fixture.Client.CreateConsumer(new() { StartPosition = StartPosition.Nowhere });
        failing.Assign(new TopicPartitionOffset(partition, 10));
        var failure = await Assert.ThrowsAsync<StreamException>(async () => await failing.ReadBatchAsync());
        Assert.Equal(ErrorCode.OffsetOutOfRange, failure.Error);
    }
}
