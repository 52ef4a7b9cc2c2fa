using Microsoft.Extensions.Options;
using OrleansStream.Contracts;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;

namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>Tells clients which topics there are and which node serves what; creates topics on first use.</summary>
internal sealed class MetadataApi(ICluster cluster, NodeAddress addresses, IOptions<KafkaApiOptions> options)
{
    private readonly bool _autoCreates = options.Value.AutoCreateTopics;

    public async ValueTask<MetadataResponse> AnswerAsync(MetadataRequest request, KafkaCall call)
    {
        var description = await cluster.DescribeAsync(call.Closed);
        return new MetadataResponse(
            [.. description.Nodes.Select(node => ToNode(node, call.Client))],
            description.ClusterId,
            description.ControllerId,
            await ListTopicsAsync(request, call.Closed),
            request.IncludeClusterAuthorizedOperations
                ? AuthorizedOperations.Cluster
                : MetadataTopic.OperationsNotAskedFor);
    }

    private MetadataNode ToNode(ClusterNode node, KafkaClient client)
    {
        var (host, port) = addresses.Of(node, client);
        return new MetadataNode(node.Id, host, port);
    }

    private async ValueTask<IReadOnlyList<MetadataTopic>> ListTopicsAsync(
        MetadataRequest request, CancellationToken closed)
    {
        var operations = request.IncludeTopicAuthorizedOperations
            ? AuthorizedOperations.Topic
            : MetadataTopic.OperationsNotAskedFor;
        var topics = new List<MetadataTopic>();
        if (request.Topics is null)
        {
            foreach (var topic in await cluster.Topics.ListAsync(closed))
            {
                topics.Add(await DescribeAsync(topic, operations, closed));
            }

            return topics;
        }

        foreach (var wanted in request.Topics)
        {
            topics.Add(await DescribeAsync(wanted, request.AllowAutoTopicCreation, operations, closed));
        }

        return topics;
    }

    private async ValueTask<MetadataTopic> DescribeAsync(
        MetadataRequestTopic wanted, bool mayCreate, int operations, CancellationToken closed)
    {
        if (wanted.Name is null)
        {
            return await cluster.Topics.FindByIdAsync(wanted.Id, closed) is { } known
                ? await DescribeAsync(known, operations, closed)
                : new MetadataTopic(ErrorCode.UnknownTopicId, null, wanted.Id, []);
        }

        if (await cluster.Topics.FindAsync(wanted.Name, closed) is { } topic)
        {
            return await DescribeAsync(topic, operations, closed);
        }

        var creating = new CreateTopicRequest(
            wanted.Name,
            PartitionCount: -1,
            Configs: new Dictionary<string, string>(),
            ValidateOnly: !(mayCreate && _autoCreates) || InternalTopics.Includes(wanted.Name));
        var reply = await cluster.Topics.CreateAsync(creating, closed);

        // Somebody else may have created it meanwhile.
        var created = creating.ValidateOnly ? null : reply.Topic ?? await cluster.Topics.FindAsync(wanted.Name, closed);
        return created is not null
            ? await DescribeAsync(created, operations, closed)
            : new MetadataTopic(WhyMissing(reply.Error), wanted.Name, default, []);
    }

    private async ValueTask<MetadataTopic> DescribeAsync(
        TopicDescription topic, int operations, CancellationToken closed)
    {
        var locations = await cluster.LocateAsync(topic.Id, closed);
        var partitions = new MetadataPartition[locations.Count];
        int[] replicas = [];
        for (var i = 0; i < partitions.Length; i++)
        {
            var (partition, node, epoch) = locations[i];
            replicas = replicas is [var last] && last == node ? replicas : [node];
            partitions[i] = node >= 0
                ? new MetadataPartition(ErrorCode.None, partition, node, epoch, replicas, replicas, [])
                : new MetadataPartition(ErrorCode.LeaderNotAvailable, partition, -1, epoch, [], [], []);
        }

        return new MetadataTopic(ErrorCode.None, topic.Name, topic.Id, partitions, topic.IsInternal, operations);
    }

    private static ErrorCode WhyMissing(StreamError error) => error switch
    {
        StreamError.None or StreamError.TopicExists => ErrorCode.UnknownTopicOrPartition,

        // What clients of this API take as a reason to ask again.
        StreamError.NotHosted or StreamError.StorageFailed or StreamError.TimedOut => ErrorCode.LeaderNotAvailable,
        _ => error.ToErrorCode(),
    };
}
