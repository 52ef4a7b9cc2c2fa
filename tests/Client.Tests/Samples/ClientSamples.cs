using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using OrleansStream.Client.Hosting;
using OrleansStream.Client.Serialization;
using OrleansStream.Contracts;
using OrleansStream.Embedded;
using OrleansStream.TestKit.Storage;

namespace OrleansStream.Client.Tests.Samples;

/// <summary>The samples of docs/client.md, between the marks of their names.</summary>
internal static class ClientSamples
{
    public static async Task<DeliveryResult> ProduceAsync(StreamClient client)
    {
        // <produce>
        await using var producer = client.CreateProducer();
        var orders = producer.For(Serdes.Utf8, Serdes.Utf8);
        var stored = await orders.SendAsync("orders", "customer-7", "two apples");
        Console.WriteLine($"{stored.Partition} at {stored.Offset}");

        // Many records: taken at once, sent in batches, awaited together.
        for (var i = 0; i < 1_000; i++)
        {
            await orders.PostAsync("orders", $"customer-{i}", "one pear");
        }

        await producer.FlushAsync();

        // </produce>
        return stored;
    }

    public static async Task<int> ConsumeAsync(StreamClient client, CancellationToken stop)
    {
        // <consume>
        var count = 0;
        await using var consumer = client.CreateConsumer(new ConsumerOptions
        {
            GroupId = "billing",
            StartPosition = StartPosition.Earliest,
        });
        consumer.Subscribe("orders");
        await foreach (var order in consumer.ReadAllAsync(Serdes.Utf8, Serdes.Utf8, stop))
        {
            Console.WriteLine($"{order.Key}: {order.Value}");
            if (++count == 1_001)
            {
                await consumer.CommitAsync(stop);
                break;
            }
        }

        // </consume>
        return count;
    }

    public static async Task<long> ConsumeInPlaceAsync(StreamClient client, CancellationToken stop)
    {
        // <spans>
        await using var consumer = client.CreateConsumer();
        consumer.Assign(new TopicPartitionOffset(new TopicPartition("numbers", 0), 0));
        var bytes = 0L;
        while (bytes < 1_000)
        {
            foreach (var record in await consumer.ReadBatchAsync(stop))
            {
                bytes += record.Value.Length;
            }
        }

        // </spans>
        return bytes;
    }

    public static async Task<TopicInfo> AdministerAsync(StreamClient client)
    {
        // <admin>
        await using var admin = client.CreateAdmin();
        await admin.CreateTopicAsync("orders", 6, new Dictionary<string, string> { ["retention.ms"] = "86400000" });
        var topic = await admin.DescribeTopicAsync("orders");
        var lag = await admin.Groups.GetLagAsync("billing");
        Console.WriteLine($"{topic.Partitions.Count} partitions, {lag.Sum(entry => entry.Lag)} records behind");

        // </admin>
        return topic;
    }

    public static async Task<DeliveryResult> RunInProcessAsync()
    {
        using var temporary = new TemporaryDirectory();
        var directory = temporary.Path;

        // <embedded>
        await using var cluster = await LocalCluster.OpenAsync(directory);
        await using var producer = StreamClient.Over(cluster).CreateProducer();
        var stored = await producer.SendAsync("orders", key: null, Encoding.UTF8.GetBytes("three plums"));

        // </embedded>
        return stored;
    }

    public static ServiceProvider Register(IConfiguration configuration, ICluster? cluster = null)
    {
        var services = new ServiceCollection();
        if (cluster is not null)
        {
            services.AddSingleton(cluster);
        }

        // <services>
        services.AddOrleansStreamClient(configuration);

        // </services>
        return services.BuildServiceProvider();
    }
}
