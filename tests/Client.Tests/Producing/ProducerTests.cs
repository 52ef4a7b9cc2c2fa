using System.Text;
using OrleansStream.Protocols.Batches;
using OrleansStream.Protocols.Kafka;
using OrleansStream.TestKit.Clients;

namespace OrleansStream.Client.Tests.Producing;

public sealed class ProducerTests(RunningSilo silo) : IClassFixture<RunningSilo>
{
    [Theory]
    [InlineData(CompressionCodec.None)]
    [InlineData(CompressionCodec.Gzip)]
    [InlineData(CompressionCodec.Snappy)]
    [InlineData(CompressionCodec.Lz4)]
    public async Task Records_are_stored_in_order_in_batches_of_an_idempotent_producer(CompressionCodec codec)
    {
        var topic = await CreateTopicAsync($"order-{codec}", partitionCount: 1);
        await using (var producer = silo.Client.CreateProducer(new() { Compression = codec, BatchBytes = 4_096 }))
        {
            for (var i = 0; i < 5_000; i++)
            {
                await producer.PostAsync(new(topic, null, Encoding.UTF8.GetBytes($"value {i}")));
            }

            await producer.FlushAsync();
        }

        using var connection = await KafkaConnection.OpenAsync(silo.Address);
        var stored = await StoredBatches.ReadAsync(connection, topic, 0);
        Assert.Equal(Enumerable.Range(0, 5_000).Select(i => $"value {i}"), StoredBatches.Values(stored));
        Assert.All(stored, batch => Assert.True(batch.Header.HasProducer && batch.Header.Codec == codec));
        Assert.InRange(stored.Count, 2, 2_500);
    }

    [Fact]
    public async Task Awaited_records_are_told_where_they_were_stored()
    {
        var topic = await CreateTopicAsync("where", partitionCount: 3);
        await using var producer = silo.Client.CreateProducer();

        var sent = Enumerable.Range(0, 100)
            .Select(i => producer.SendAsync(new OutgoingRecord(topic, null, Bytes($"{i}")) { Partition = 2 }).AsTask())
            .ToArray();
        var results = await Task.WhenAll(sent);

        Assert.Equal(
            Enumerable.Range(0, 100).Select(i => (new TopicPartition(topic, 2), (long)i)),
            results.Select(result => (result.Partition, result.Offset)));
    }

    [Fact]
    public async Task A_topic_that_cannot_be_is_refused_at_once()
    {
        await using var producer = silo.Client.CreateProducer();

        var refused = await Assert.ThrowsAsync<StreamException>(
            async () => await producer.SendAsync("not a legal name", null, Bytes("x")));

        Assert.Equal(ErrorCode.InvalidTopicException, refused.Error);
    }

    [Fact]
    public async Task Batches_too_large_for_the_topic_are_split_and_only_a_record_that_is_too_large_fails()
    {
        const int TooLarge = 17;
        var topic = await CreateTopicAsync("large", 1, new() { ["max.message.bytes"] = "1000" });
        await using var producer = silo.Client.CreateProducer(new() { Linger = TimeSpan.FromMinutes(1) });

        var sent = Enumerable.Range(0, 40)
            .Select(i => producer.SendAsync(topic, Bytes($"{i}"), new byte[i == TooLarge ? 2_000 : 100]).AsTask())
            .ToList();
        await producer.PostAsync(new(topic, null, new byte[3_000]));
        var refused = await Assert.ThrowsAsync<StreamException>(() => producer.FlushAsync());

        Assert.Equal(ErrorCode.MessageTooLarge, refused.Error);
        Assert.Contains("3", refused.Message);
        refused = await Assert.ThrowsAsync<StreamException>(() => sent[TooLarge]);
        Assert.Equal(ErrorCode.MessageTooLarge, refused.Error);
        sent.RemoveAt(TooLarge);
        Assert.Equal(
            Enumerable.Range(0, 39).Select(i => (long)i),
            (await Task.WhenAll(sent)).Select(result => result.Offset));
    }

    [Fact]
    public async Task A_full_buffer_makes_senders_wait_and_loses_nothing()
    {
        var topic = await CreateTopicAsync("full", partitionCount: 4);
        await using var producer = silo.Client.CreateProducer(new() { BufferBytes = 4_096, BatchBytes = 1_024 });

        var results = await Task.WhenAll(
            Enumerable.Range(0, 1_000).Select(i => producer.SendAsync(topic, Bytes($"{i}"), new byte[200]).AsTask()));

        Assert.Equal(1_000, results.Distinct().Count());
    }

    private async Task<string> CreateTopicAsync(
        string name, int partitionCount, Dictionary<string, string>? configs = null)
    {
        await using var admin = silo.Client.CreateAdmin();
        await admin.CreateTopicAsync(name, partitionCount, configs);
        return name;
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
