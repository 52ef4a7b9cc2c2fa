using System.Text;

namespace OrleansStream.Client.Tests;

/// <summary>What tests of all kinds of clients do with topics.</summary>
internal static class TestTopics
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Creates a topic with values "0", "1" and so on in it, spread over the partitions.</summary>
    public static async Task<string> FillAsync(
        this StreamClient client, string topic, int partitionCount, int recordCount, ProducerOptions? options = null)
    {
        await using (var admin = client.CreateAdmin())
        {
            await admin.CreateTopicAsync(topic, partitionCount);
        }

        await client.ProduceAsync(topic, partitionCount, 0, recordCount, options);
        return topic;
    }

    /// <summary>Value n goes to partition n modulo their count.</summary>
    public static async Task ProduceAsync(
        this StreamClient client,
        string topic,
        int partitionCount,
        int first,
        int count,
        ProducerOptions? options = null)
    {
        await using var producer = client.CreateProducer(options);
        for (var i = first; i < first + count; i++)
        {
            var record = new OutgoingRecord(topic, null, Encoding.UTF8.GetBytes($"{i}"));
            await producer.PostAsync(record with { Partition = i % partitionCount });
        }

        await producer.FlushAsync();
    }

    /// <summary>So many records, one after the other.</summary>
    public static async Task<List<ConsumedRecord>> TakeAsync(this Consumer consumer, int count)
    {
        using var deadline = new CancellationTokenSource(Patience);
        var records = new List<ConsumedRecord>(count);
        await foreach (var record in consumer.ReadAllAsync(deadline.Token))
        {
            records.Add(record);
            if (records.Count == count)
            {
                break;
            }
        }

        return records;
    }

    public static int Number(this ConsumedRecord record) => int.Parse(record.Value!.Value.Span);

    public static TopicPartition[] Partitions(string topic, int count)
        => [.. Enumerable.Range(0, count).Select(partition => new TopicPartition(topic, partition))];
}
