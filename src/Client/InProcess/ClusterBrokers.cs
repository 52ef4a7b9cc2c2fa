using OrleansStream.Client.Connections;
using OrleansStream.Contracts;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;
using FetchRequest = OrleansStream.Protocols.Kafka.Messages.FetchRequest;
using JoinGroupRequest = OrleansStream.Protocols.Kafka.Messages.JoinGroupRequest;
using LeaveGroupRequest = OrleansStream.Protocols.Kafka.Messages.LeaveGroupRequest;
using SyncGroupRequest = OrleansStream.Protocols.Kafka.Messages.SyncGroupRequest;

namespace OrleansStream.Client.InProcess;

/// <summary>A cluster in this process, which answers the same requests as a server, without bytes in between.</summary>
/// <remarks>The cluster belongs to whoever opened it; nothing here disposes it.</remarks>
internal sealed class ClusterBrokers(ICluster cluster, string clientId) : IBrokers
{
    private readonly ClusterRecords _records = new(cluster);
    private readonly ClusterTopics _topics = new(cluster);
    private readonly ClusterGroups _groups = new(cluster, clientId);

    public async ValueTask<Reply<TResponse>> SendAsync<TRequest, TResponse>(
        int node,
        Lane lane,
        IKafkaRequest<TRequest, TResponse> request,
        TimeSpan timeout,
        CancellationToken cancellationToken)
        where TRequest : class, IKafkaRequest<TRequest, TResponse>
        where TResponse : class, IKafkaStruct<TResponse>
    {
        try
        {
            return new Reply<TResponse>(
                (TResponse)await AnswerAsync(request, cancellationToken).ConfigureAwait(false), Memory: null);
        }
        catch (Exception e) when (e is IOException or TimeoutException)
        {
            throw new StreamException(ErrorCode.KafkaStorageError, $"The cluster failed: {e.Message}", e);
        }
    }

    public void Learn(IReadOnlyList<MetadataNode> nodes)
    {
        // Whatever node a request names, the cluster is here.
    }

    public ValueTask DisposeAsync() => default;

    private async ValueTask<object> AnswerAsync(object request, CancellationToken cancellationToken) => request switch
    {
        ProduceRequest produce => await _records.ProduceAsync(produce, cancellationToken).ConfigureAwait(false),
        FetchRequest fetch => await _records.FetchAsync(fetch, cancellationToken).ConfigureAwait(false),
        ListOffsetsRequest list => await _records.ListOffsetsAsync(list, cancellationToken).ConfigureAwait(false),
        DeleteRecordsRequest delete => await _records.DeleteAsync(delete, cancellationToken).ConfigureAwait(false),
        InitProducerIdRequest => new InitProducerIdResponse(
            ErrorCode.None, await cluster.ProducerIds.AllocateAsync(cancellationToken).ConfigureAwait(false), 0),
        HeartbeatRequest beat => await _groups.HeartbeatAsync(beat, cancellationToken).ConfigureAwait(false),
        JoinGroupRequest join => await _groups.JoinAsync(join, cancellationToken).ConfigureAwait(false),
        SyncGroupRequest sync => await _groups.SyncAsync(sync, cancellationToken).ConfigureAwait(false),
        LeaveGroupRequest leave => await _groups.LeaveAsync(leave, cancellationToken).ConfigureAwait(false),
        FindCoordinatorRequest => new FindCoordinatorResponse([new Coordinator("", 0, "", 0)]),
        OffsetCommitRequest commit => await _groups.CommitAsync(commit, cancellationToken).ConfigureAwait(false),
        OffsetFetchRequest fetch => await _groups.FetchOffsetsAsync(fetch, cancellationToken).ConfigureAwait(false),
        OffsetDeleteRequest delete => await _groups.DeleteOffsetsAsync(delete, cancellationToken)
            .ConfigureAwait(false),
        ListGroupsRequest => await _groups.ListAsync(cancellationToken).ConfigureAwait(false),
        DescribeGroupsRequest describe => await _groups.DescribeAsync(describe, cancellationToken)
            .ConfigureAwait(false),
        DeleteGroupsRequest delete => await _groups.DeleteAsync(delete, cancellationToken).ConfigureAwait(false),
        _ => await _topics.AnswerAsync(request, cancellationToken).ConfigureAwait(false),
    };
}
