using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;
using OrleansStream.TestKit.Clients;

namespace OrleansStream.Crash.Model;

/// <summary>Reads back everything a restarted silo holds, as a client would, and holds it against the model.</summary>
internal static class Verification
{
    /// <summary>Deleted ids are looked up for so many topics back.</summary>
    private const int RememberedIds = 5;

    /// <exception cref="ViolationException">The silo broke a promise.</exception>
    public static async Task RunAsync(string address, IReadOnlyList<TrackedTopic> topics)
    {
        using var connection = await KafkaConnection.OpenAsync(address);
        var found = (await connection.ListTopicsAsync()).ToDictionary(topic => topic.Name!);
        if (found.Keys.Except(topics.Select(topic => topic.Name)).FirstOrDefault() is { } foreign)
        {
            throw new ViolationException($"There is a topic {foreign}, which nobody created.");
        }

        foreach (var topic in topics)
        {
            await VerifyAsync(connection, topic, found.GetValueOrDefault(topic.Name));
        }
    }

    private static async Task VerifyAsync(KafkaConnection connection, TrackedTopic topic, MetadataTopic? found)
    {
        topic.Verify(found, found is null ? [] : await connection.ReadConfigsAsync(topic.Name));
        foreach (var partition in topic.Partitions)
        {
            var epoch = found!.Partitions.Single(candidate => candidate.Index == partition.Index).LeaderEpoch;
            partition.Verify(await ReadAsync(connection, partition, epoch));
        }

        foreach (var id in topic.FormerIds.TakeLast(RememberedIds))
        {
            if ((await connection.FindTopicAsync(id)).Error is var error && error != ErrorCode.UnknownTopicId)
            {
                throw new ViolationException($"Topic {topic.Name} was deleted, but its id {id} leads to {error}.");
            }
        }
    }

    private static async Task<StoredPartition> ReadAsync(
        KafkaConnection connection, TrackedPartition partition, int epoch)
    {
        while (true)
        {
            var logStart = await connection.FindLogStartAsync(partition.Topic, partition.Index);
            if (await TryReadFromAsync(connection, partition, logStart) is { } read)
            {
                var epochEnd = await connection.FindEpochEndAsync(partition.Topic, partition.Index, partition.Epoch);
                return new StoredPartition(logStart, read.HighWatermark, epoch, epochEnd, read.Batches);
            }
        }
    }

    /// <summary>Null when retention overtook the reader.</summary>
    private static async Task<(long HighWatermark, List<StoredBatch> Batches)?> TryReadFromAsync(
        KafkaConnection connection, TrackedPartition partition, long offset)
    {
        var batches = new List<StoredBatch>();
        while (true)
        {
            var fetched = await connection.FetchPartitionAsync(partition.Topic, partition.Index, offset);
            if (fetched.Error == ErrorCode.OffsetOutOfRange && partition.HasRetention)
            {
                return null;
            }

            if (fetched.Error != ErrorCode.None)
            {
                throw new ViolationException(
                    $"{partition.Topic}-{partition.Index}: offset {offset} cannot be read: {fetched.Error}.");
            }

            var read = StoredBatches.Split(fetched.Records.ToArray());
            if (read.Count == 0)
            {
                return (fetched.HighWatermark, batches);
            }

            batches.AddRange(read);
            offset = read[^1].Header.NextOffset;
        }
    }
}
