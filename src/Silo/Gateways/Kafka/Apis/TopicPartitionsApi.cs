using OrleansStream.Contracts;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;
using OrleansStream.Silo.Gateways.Security;

namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>Tells about the partitions of topics, page by page, so that no answer grows with the cluster.</summary>
internal sealed class TopicPartitionsApi(ICluster cluster, AccessControl control)
{
    /// <summary>The most partitions of a page, whatever is asked for: Kafka's value.</summary>
    private const int MaxPartitions = 2_000;

    public async ValueTask<DescribeTopicPartitionsResponse> DescribeAsync(
        DescribeTopicPartitionsRequest request, KafkaCall call)
    {
        var access = await control.OfAsync(call);
        var room = Math.Clamp(request.PartitionLimit, 1, MaxPartitions);
        var pages = new List<TopicPage>();
        foreach (var name in await ListNamesAsync(request, access, call.Closed))
        {
            var first = name == request.Cursor?.Topic ? Math.Max(0, request.Cursor.Partition) : 0;
            if (room == 0)
            {
                return new DescribeTopicPartitionsResponse(pages, new TopicPartitionCursor(name, first));
            }

            var isAllowed = access.ToTopic(name);
            var topic = isAllowed ? await cluster.Topics.FindAsync(name, call.Closed) : null;
            if (topic is null)
            {
                var error = isAllowed ? ErrorCode.UnknownTopicOrPartition : ErrorCode.TopicAuthorizationFailed;
                pages.Add(new TopicPage(error, name, default, IsInternal: false, []));
                continue;
            }

            var locations = await cluster.LocateAsync(topic.Id, call.Closed);
            var page = locations.Skip(first).Take(room).Select(ToPartition).ToArray();
            var operations = AuthorizedOperations.OnTopic(access.Caller, name);
            pages.Add(new TopicPage(ErrorCode.None, name, topic.Id, topic.IsInternal, page, operations));
            room -= page.Length;
            if (first + page.Length < locations.Count)
            {
                return new DescribeTopicPartitionsResponse(
                    pages, new TopicPartitionCursor(name, first + page.Length));
            }
        }

        return new DescribeTopicPartitionsResponse(pages, NextCursor: null);
    }

    /// <summary>The topics from the cursor on, each once, in the order that all pages share.</summary>
    private async ValueTask<IEnumerable<string>> ListNamesAsync(
        DescribeTopicPartitionsRequest request, Access access, CancellationToken closed)
    {
        var names = request.Topics.Count > 0
            ? request.Topics.Select(topic => topic.Name)
            : (await cluster.Topics.ListAsync(closed)).Select(topic => topic.Name).Where(access.ToTopic);
        return names
            .Distinct()
            .Where(name => string.CompareOrdinal(name, request.Cursor?.Topic ?? "") >= 0)
            .Order(StringComparer.Ordinal);
    }

    private static PartitionOnPage ToPartition(PartitionLocation location) => location.NodeId >= 0
        ? new(
            ErrorCode.None,
            location.Partition,
            location.NodeId,
            location.LeaderEpoch,
            [location.NodeId],
            [location.NodeId],
            [],
            [],
            [])
        : new(ErrorCode.LeaderNotAvailable, location.Partition, -1, location.LeaderEpoch, [], [], [], [], []);
}
