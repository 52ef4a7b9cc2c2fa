using OrleansStream.Client;

namespace OrleansStream.Cli.Benchmarks;

/// <summary>How fast the records of a topic were read, all of them, from the beginning.</summary>
internal sealed record Reading(long Count, TimeSpan Duration)
{
    public double PerSecond => Count / Math.Max(Duration.TotalSeconds, 1e-6);

    public static async Task<Reading> RunAsync(Session session, string topic, CancellationToken cancellationToken)
    {
        await using var admin = session.Client.CreateAdmin();
        var partitions = (await admin.DescribeTopicAsync(topic, cancellationToken)).Partitions
            .Select(partition => new TopicPartition(topic, partition.Partition))
            .ToList();
        var total = (await admin.FindOffsetsAsync(partitions, OffsetPoint.Latest, cancellationToken)).Values.Sum();
        await using var consumer = session.Client.CreateConsumer();
        var start = session.Terminal.Time.GetTimestamp();
        consumer.Assign(partitions.Select(partition => new TopicPartitionOffset(partition, 0)));
        var count = 0L;
        while (count < total)
        {
            var batch = await consumer.ReadBatchAsync(cancellationToken);
            foreach (var _ in batch)
            {
                count++;
            }
        }

        return new Reading(count, session.Terminal.Time.GetElapsedTime(start));
    }
}
