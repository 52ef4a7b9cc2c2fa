using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;

namespace OrleansStream.Client.Connections;

/// <summary>Asks the leaders of partitions for offsets by time.</summary>
internal static class OffsetLookup
{
    /// <summary>Looks once. What passes is thrown like what does not.</summary>
    /// <param name="wanted">Times in milliseconds since 1970, or a constant of the request.</param>
    /// <returns>The end of the partition where no record qualifies.</returns>
    public static async Task<Dictionary<TopicPartition, long>> FindAsync(
        ClientLink link, IReadOnlyDictionary<TopicPartition, long> wanted, CancellationToken cancellationToken)
    {
        var found = await FindRecordsAsync(link, wanted, cancellationToken).ConfigureAwait(false);
        var without = found.Where(entry => entry.Value < 0)
            .ToDictionary(entry => entry.Key, _ => OffsetPoint.Latest.Time);
        foreach (var (partition, end) in await FindRecordsAsync(link, without, cancellationToken).ConfigureAwait(false))
        {
            found[partition] = end;
        }

        return found;
    }

    /// <returns>-1 where no record qualifies.</returns>
    private static async Task<Dictionary<TopicPartition, long>> FindRecordsAsync(
        ClientLink link, IReadOnlyDictionary<TopicPartition, long> wanted, CancellationToken cancellationToken)
    {
        var byLeader = new Dictionary<int, List<TopicPartition>>();
        foreach (var partition in wanted.Keys)
        {
            var topic = await link.Topics.GetAsync(partition.Topic, cancellationToken).ConfigureAwait(false);
            var leader = FindLeader(link, topic, partition);
            (byLeader.TryGetValue(leader, out var partitions) ? partitions : byLeader[leader] = []).Add(partition);
        }

        var found = new Dictionary<TopicPartition, long>();
        foreach (var answer in await Task.WhenAll(byLeader.Select(
            leader => AskAsync(link, leader.Key, leader.Value, wanted, cancellationToken))).ConfigureAwait(false))
        {
            foreach (var (partition, offset) in answer)
            {
                found[partition] = offset;
            }
        }

        return found;
    }

    private static int FindLeader(ClientLink link, KnownTopic topic, TopicPartition partition)
    {
        if (partition.Partition < 0 || partition.Partition >= topic.PartitionCount)
        {
            throw new StreamException(ErrorCode.UnknownTopicOrPartition, $"There is no {partition}.");
        }

        try
        {
            return topic.LeaderOf(partition.Partition);
        }
        catch (StreamException)
        {
            link.Topics.Forget(topic.Name);
            throw;
        }
    }

    private static async Task<List<(TopicPartition, long)>> AskAsync(
        ClientLink link,
        int leader,
        List<TopicPartition> partitions,
        IReadOnlyDictionary<TopicPartition, long> wanted,
        CancellationToken cancellationToken)
    {
        var topics = partitions.GroupBy(partition => partition.Topic).Select(
            topic => new PerTopic<ListOffsetsPartition>(
                topic.Key,
                [.. topic.Select(entry => new ListOffsetsPartition(entry.Partition, -1, wanted[entry]))]));
        var timeoutMs = (int)link.Options.RequestTimeout.TotalMilliseconds;
        var request = new ListOffsetsRequest(ReplicaId: -1, IsolationLevel: 0, [.. topics], timeoutMs);
        var found = new List<(TopicPartition, long)>();
        try
        {
            var response = await link.CallAsync(leader, Lane.Control, request, cancellationToken).ConfigureAwait(false);
            foreach (var topic in response.Topics)
            {
                foreach (var listed in topic.Partitions)
                {
                    StreamException.ThrowIf(listed.Error, $"Looking for an offset of {topic.Name}-{listed.Index}");
                    found.Add((new TopicPartition(topic.Name, listed.Index), listed.Offset));
                }
            }

            return found;
        }
        catch (StreamException e) when (e.IsTransient)
        {
            foreach (var topic in request.Topics)
            {
                link.Topics.Forget(topic.Name);
            }

            throw;
        }
    }
}
