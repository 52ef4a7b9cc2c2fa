using OrleansStream.Contracts;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;
using OrleansStream.Silo.Gateways.Security;

namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>Answers what is asked of the cluster as a whole: its nodes, its coordinators, ids for producers.</summary>
internal sealed class ClusterApi(ICluster cluster, NodeAddress addresses, AccessControl control)
{
    /// <summary>Kafka's code for the endpoint of its controllers, which are not separate here.</summary>
    private const sbyte Controllers = 2;

    public async ValueTask<DescribeClusterResponse> DescribeAsync(DescribeClusterRequest request, KafkaCall call)
    {
        if (request.EndpointType != DescribeClusterRequest.Brokers)
        {
            var error = request.EndpointType == Controllers
                ? ErrorCode.MismatchedEndpointType
                : ErrorCode.UnsupportedEndpointType;
            return new DescribeClusterResponse(
                error, "This is an endpoint of type broker.", "", -1, [], request.EndpointType);
        }

        var description = await cluster.DescribeAsync(call.Closed);
        var nodes = description.Nodes.Select(node =>
        {
            var (host, port) = addresses.Of(node, call.Client);
            return new DescribedNode(node.Id, host, port);
        });
        return new DescribeClusterResponse(
            ErrorCode.None,
            ErrorMessage: null,
            description.ClusterId,
            description.ControllerId,
            [.. nodes],
            AuthorizedOperations: request.IncludeAuthorizedOperations
                ? AuthorizedOperations.OnCluster((await control.OfAsync(call)).Caller)
                : MetadataTopic.OperationsNotAskedFor);
    }

    /// <summary>Any node can coordinate any group, so it is the one that was asked.</summary>
    public async ValueTask<FindCoordinatorResponse> FindCoordinatorsAsync(
        FindCoordinatorRequest request, KafkaCall call)
    {
        if (request.KeyType != FindCoordinatorRequest.Group)
        {
            var refusal = request.KeyType == FindCoordinatorRequest.Transaction
                ? (Error: Transactions.Refusal, Transactions.Message)
                : (Error: ErrorCode.InvalidRequest, Message: $"There is no coordinator of type {request.KeyType}.");
            return new FindCoordinatorResponse(
                [.. request.Keys.Select(key => new Coordinator(key, -1, "", -1, refusal.Error, refusal.Message))]);
        }

        var access = await control.OfAsync(call);
        var description = await cluster.DescribeAsync(call.Closed);
        var self = description.Nodes.First(node => node.Id == description.NodeId);
        var (host, port) = addresses.Of(self, call.Client);
        return new FindCoordinatorResponse([.. request.Keys.Select(key => access.ToGroup(key)
            ? new Coordinator(key, self.Id, host, port)
            : new Coordinator(key, -1, "", -1, ErrorCode.GroupAuthorizationFailed))]);
    }

    /// <summary>Idempotent producers only; one that names a transactional id is refused.</summary>
    public async ValueTask<InitProducerIdResponse> InitProducerIdAsync(InitProducerIdRequest request, KafkaCall call)
    {
        if (request.TransactionalId is { } transactionalId)
        {
            return new InitProducerIdResponse(
                transactionalId.Length == 0 ? ErrorCode.InvalidRequest : Transactions.Refusal);
        }

        var access = await control.OfAsync(call);
        if (!access.ToCluster() && !access.Caller.MaySomewhere(AclOperation.Write, AclResourceType.Topic))
        {
            return new InitProducerIdResponse(ErrorCode.ClusterAuthorizationFailed);
        }

        try
        {
            var id = await cluster.ProducerIds.AllocateAsync(call.Closed);
            return new InitProducerIdResponse(ErrorCode.None, id, ProducerEpoch: 0);
        }
        catch (IOException)
        {
            // The storage reports its own failure; to a producer this is a reason to ask again.
            return new InitProducerIdResponse(ErrorCode.CoordinatorLoadInProgress);
        }
    }
}
