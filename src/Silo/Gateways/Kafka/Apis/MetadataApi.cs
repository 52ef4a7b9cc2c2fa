using Microsoft.Extensions.Options;
using OrleansStream.Contracts;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;
using OrleansStream.Silo.Gateways.Security;

namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>Tells clients which topics there are and which node serves what; creates topics on first use.</summary>
/// <remarks>A client that may not see a topic finds it in no list, and learns of a name only that it may not.</remarks>
internal sealed class MetadataApi(
    ICluster cluster,
    NodeAddress addresses,
    AccessControl control,
    AuditLog audit,
    IOptions<KafkaApiOptions> options)
{
    private readonly bool _autoCreates = options.Value.AutoCreateTopics;

    public async ValueTask<MetadataResponse> AnswerAsync(MetadataRequest request, KafkaCall call)
    {
        var description = await cluster.DescribeAsync(call.Closed);
        var access = await control.OfAsync(call);
        return new MetadataResponse(
            [.. description.Nodes.Select(node => ToNode(node, call.Client))],
            description.ClusterId,
            description.ControllerId,
            await ListTopicsAsync(request, access, call),
            request.IncludeClusterAuthorizedOperations
                ? AuthorizedOperations.OnCluster(access.Caller)
                : MetadataTopic.OperationsNotAskedFor);
    }

    private MetadataNode ToNode(ClusterNode node, KafkaClient client)
    {
        var (host, port) = addresses.Of(node, client);
        return new MetadataNode(node.Id, host, port);
    }

    private async ValueTask<IReadOnlyList<MetadataTopic>> ListTopicsAsync(
        MetadataRequest request, Access access, KafkaCall call)
    {
        var topics = new List<MetadataTopic>();
        if (request.Topics is null)
        {
            foreach (var topic in await cluster.Topics.ListAsync(call.Closed))
            {
                if (access.ToTopic(topic.Name))
                {
                    topics.Add(await DescribeAsync(topic, call.Closed));
                }
            }
        }
        else
        {
            foreach (var wanted in request.Topics)
            {
                topics.Add(await DescribeAsync(wanted, request.AllowAutoTopicCreation, access, call));
            }
        }

        return request.IncludeTopicAuthorizedOperations
            ? topics.ConvertAll(topic => topic.Error != ErrorCode.None
                ? topic
                : topic with { AuthorizedOperations = AuthorizedOperations.OnTopic(access.Caller, topic.Name!) })
            : topics;
    }

    private async ValueTask<MetadataTopic> DescribeAsync(
        MetadataRequestTopic wanted, bool mayCreate, Access access, KafkaCall call)
    {
        if (wanted.Name is null)
        {
            return await cluster.Topics.FindByIdAsync(wanted.Id, call.Closed) is not { } known
                ? new MetadataTopic(ErrorCode.UnknownTopicId, null, wanted.Id, [])
                : access.ToTopic(known.Name)
                    ? await DescribeAsync(known, call.Closed)
                    : new MetadataTopic(ErrorCode.TopicAuthorizationFailed, null, wanted.Id, []);
        }

        if (!access.ToTopic(wanted.Name))
        {
            return new MetadataTopic(ErrorCode.TopicAuthorizationFailed, wanted.Name, default, []);
        }

        return await cluster.Topics.FindAsync(wanted.Name, call.Closed) is { } topic
            ? await DescribeAsync(topic, call.Closed)
            : await CreateAsync(
                wanted.Name,
                mayCreate && _autoCreates && !InternalTopics.Includes(wanted.Name),
                access.As(ApiKey.CreateTopics),
                call);
    }

    private async ValueTask<MetadataTopic> CreateAsync(string name, bool shall, Access access, KafkaCall call)
    {
        if (shall && !access.ToCluster() && !access.ToTopic(name))
        {
            return new MetadataTopic(ErrorCode.TopicAuthorizationFailed, name, default, []);
        }

        var creating = new CreateTopicRequest(
            name, PartitionCount: -1, Configs: new Dictionary<string, string>(), ValidateOnly: !shall);
        var reply = await cluster.Topics.CreateAsync(creating, call.Closed);
        if (shall && reply.Error == StreamError.None)
        {
            audit.Record(call, "create topic", name, ErrorCode.None, "on first use");
        }

        // Somebody else may have created it meanwhile.
        var created = shall ? reply.Topic ?? await cluster.Topics.FindAsync(name, call.Closed) : null;
        return created is not null
            ? await DescribeAsync(created, call.Closed)
            : new MetadataTopic(WhyMissing(reply.Error), name, default, []);
    }

    private async ValueTask<MetadataTopic> DescribeAsync(TopicDescription topic, CancellationToken closed)
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

        return new MetadataTopic(ErrorCode.None, topic.Name, topic.Id, partitions, topic.IsInternal);
    }

    private static ErrorCode WhyMissing(StreamError error) => error switch
    {
        StreamError.None or StreamError.TopicExists => ErrorCode.UnknownTopicOrPartition,

        // What clients of this API take as a reason to ask again.
        StreamError.NotHosted or StreamError.StorageFailed or StreamError.TimedOut => ErrorCode.LeaderNotAvailable,
        _ => error.ToErrorCode(),
    };
}
