using OrleansStream.Client.Connections;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;

namespace OrleansStream.Client.Groups;

/// <summary>The node that coordinates one group, looked for when it is needed, and again when it has moved.</summary>
internal sealed class Coordinator(ClientLink link, string groupId)
{
    private volatile int _node = IBrokers.AnyNode;

    /// <summary>Sends one request to the coordinator; does not try again.</summary>
    /// <param name="errorOf">What the answer says, so that a coordinator that has moved is forgotten.</param>
    public async Task<TResponse> CallAsync<TRequest, TResponse>(
        Lane lane,
        IKafkaRequest<TRequest, TResponse> request,
        Func<TResponse, ErrorCode> errorOf,
        TimeSpan? timeout,
        CancellationToken cancellationToken)
        where TRequest : class, IKafkaRequest<TRequest, TResponse>
        where TResponse : class, IKafkaStruct<TResponse>
    {
        try
        {
            var node = await FindAsync(cancellationToken).ConfigureAwait(false);
            var response = await link.CallAsync(
                node, lane, request, timeout ?? link.Options.RequestTimeout, cancellationToken).ConfigureAwait(false);
            if (errorOf(response).MeansMoved())
            {
                Forget();
            }

            return response;
        }
        catch (StreamException e) when (e.IsTransient)
        {
            Forget();
            throw;
        }
    }

    private void Forget() => _node = IBrokers.AnyNode;

    private async Task<int> FindAsync(CancellationToken cancellationToken)
    {
        if (_node is not IBrokers.AnyNode and var known)
        {
            return known;
        }

        var request = new FindCoordinatorRequest(FindCoordinatorRequest.Group, [groupId]);
        var response = await link.CallAsync(IBrokers.AnyNode, Lane.Control, request, cancellationToken)
            .ConfigureAwait(false);
        var found = response.Coordinators[0];
        StreamException.ThrowIf(found.Error, $"Looking for the coordinator of {groupId}", found.ErrorMessage);
        link.Brokers.Learn([new MetadataNode(found.NodeId, found.Host, found.Port)]);
        return _node = found.NodeId;
    }
}
