using OrleansStream.Protocols;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;

namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>Which method answers which API, and how its request is read.</summary>
/// <remarks>Filled once, before the first request; read from all connections after that.</remarks>
internal sealed class KafkaRoutes
{
    private readonly Dictionary<ApiKey, Route> _routes = [];

    public KafkaRoutes(
        RecordApis records,
        MetadataApi metadata,
        ClusterApi cluster,
        GroupApis groups,
        AdminApis admin,
        SecurityApis security)
    {
        AddRecords(records);
        AddCluster(metadata, cluster);
        AddGroups(groups);
        AddAdmin(admin);
        AddSecurity(security);
    }

    private delegate Task<KafkaReply> Route(ref KafkaReader reader, PooledBuffer frame, KafkaCall call);

    /// <summary>Reads the body of a request and starts to answer it; from here on the frame is the answer's.</summary>
    /// <exception cref="ProtocolException">The body does not hold such a request; the frame is still the caller's.
    /// </exception>
    public Task<KafkaReply> StartAsync(ref KafkaReader reader, PooledBuffer frame, KafkaCall call)
        => _routes[call.Header.ApiKey](ref reader, frame, call);

    private void AddRecords(RecordApis apis)
    {
        // Produce alone keeps the frame: the batches are appended from where they lie.
        _routes.Add(ApiKey.Produce, (ref reader, frame, call)
            => apis.Produce.StartAsync(reader.ReadStruct<ProduceRequest>(call.Version), frame, call));
        Serve<FetchRequest, FetchResponse>(apis.Fetch.AnswerAsync);
        Serve<ListOffsetsRequest, ListOffsetsResponse>(apis.Offsets.ListAsync);
        Serve<DeleteRecordsRequest, DeleteRecordsResponse>(apis.Offsets.DeleteRecordsAsync);
        Serve<OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse>(apis.Offsets.FindEpochEndsAsync);
    }

    private void AddCluster(MetadataApi metadata, ClusterApi cluster)
    {
        _routes.Add(ApiKey.ApiVersions, AnswerVersionsAsync);
        Serve<MetadataRequest, MetadataResponse>(metadata.AnswerAsync);
        Serve<FindCoordinatorRequest, FindCoordinatorResponse>(cluster.FindCoordinatorsAsync);
        Serve<InitProducerIdRequest, InitProducerIdResponse>(cluster.InitProducerIdAsync);
        Serve<DescribeClusterRequest, DescribeClusterResponse>(cluster.DescribeAsync);
    }

    private void AddGroups(GroupApis apis)
    {
        Serve<JoinGroupRequest, JoinGroupResponse>(apis.Members.JoinAsync);
        Serve<SyncGroupRequest, SyncGroupResponse>(apis.Members.SyncAsync);
        Serve<HeartbeatRequest, HeartbeatResponse>(apis.Members.HeartbeatAsync);
        Serve<LeaveGroupRequest, LeaveGroupResponse>(apis.Members.LeaveAsync);
        Serve<OffsetCommitRequest, OffsetCommitResponse>(apis.Offsets.CommitAsync);
        Serve<OffsetFetchRequest, OffsetFetchResponse>(apis.Offsets.FetchAsync);
        Serve<OffsetDeleteRequest, OffsetDeleteResponse>(apis.Offsets.DeleteAsync);
        Serve<DescribeGroupsRequest, DescribeGroupsResponse>(apis.Admin.DescribeAsync);
        Serve<ListGroupsRequest, ListGroupsResponse>(apis.Admin.ListAsync);
        Serve<DeleteGroupsRequest, DeleteGroupsResponse>(apis.Admin.DeleteAsync);
    }

    private void AddAdmin(AdminApis apis)
    {
        Serve<CreateTopicsRequest, CreateTopicsResponse>(apis.Topics.CreateAsync);
        Serve<DeleteTopicsRequest, DeleteTopicsResponse>(apis.Topics.DeleteAsync);
        Serve<CreatePartitionsRequest, CreatePartitionsResponse>(apis.Topics.AddPartitionsAsync);
        Serve<DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse>(apis.TopicPartitions.DescribeAsync);
        Serve<DescribeConfigsRequest, DescribeConfigsResponse>(apis.Configs.DescribeAsync);
        Serve<AlterConfigsRequest, AlterConfigsResponse>(apis.Configs.ReplaceAsync);
        Serve<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse>(apis.Configs.AlterAsync);
        Serve<DescribeClientQuotasRequest, DescribeClientQuotasResponse>(apis.Quotas.DescribeAsync);
        Serve<AlterClientQuotasRequest, AlterClientQuotasResponse>(apis.Quotas.AlterAsync);
        Serve<DescribeLogDirsRequest, DescribeLogDirsResponse>(apis.LogDirs.DescribeAsync);
        Serve<ElectLeadersRequest, ElectLeadersResponse>(apis.Replicas.ElectAsync);
        Serve<AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse>(apis.Replicas.ReassignAsync);
        Serve<ListPartitionReassignmentsRequest, ListPartitionReassignmentsResponse>(
            apis.Replicas.ListReassignmentsAsync);
    }

    private void AddSecurity(SecurityApis apis)
    {
        Serve<SaslHandshakeRequest, SaslHandshakeResponse>(apis.Sasl.HandshakeAsync);
        Serve<SaslAuthenticateRequest, SaslAuthenticateResponse>(apis.Sasl.AuthenticateAsync);
        Serve<DescribeAclsRequest, DescribeAclsResponse>(apis.Acls.DescribeAsync);
        Serve<CreateAclsRequest, CreateAclsResponse>(apis.Acls.CreateAsync);
        Serve<DeleteAclsRequest, DeleteAclsResponse>(apis.Acls.DeleteAsync);
        Serve<DescribeUserScramCredentialsRequest, DescribeUserScramCredentialsResponse>(
            apis.Credentials.DescribeAsync);
        Serve<AlterUserScramCredentialsRequest, AlterUserScramCredentialsResponse>(apis.Credentials.AlterAsync);
    }

    private void Serve<TRequest, TResponse>(Func<TRequest, KafkaCall, ValueTask<TResponse>> answer)
        where TRequest : IKafkaRequest<TRequest, TResponse>
        where TResponse : IKafkaStruct<TResponse>
        => Serve<TRequest, TResponse>(async (request, call) => call.Reply(await answer(request, call)));

    // For answers that bring more than a response: records to release, or the end of the connection.
    private void Serve<TRequest, TResponse>(Func<TRequest, KafkaCall, Task<KafkaReply>> answer)
        where TRequest : IKafkaRequest<TRequest, TResponse>
        where TResponse : IKafkaStruct<TResponse>
        => _routes.Add(
            TRequest.ApiKey, (ref reader, frame, call) => answer(Read<TRequest>(ref reader, frame, call), call));

    private static Task<KafkaReply> AnswerVersionsAsync(ref KafkaReader reader, PooledBuffer frame, KafkaCall call)
    {
        if (ApiVersions.Get(ApiKey.ApiVersions).Includes(call.Version))
        {
            var request = Read<ApiVersionsRequest>(ref reader, frame, call);
            return Task.FromResult(call.Reply(ApiVersionsApi.Answer(request, call)));
        }

        frame.Dispose();
        var refused = call with { Header = call.Header with { ApiVersion = 0 } };
        return Task.FromResult(refused.Reply(ApiVersionsApi.RefuseVersion()));
    }

    // The request keeps nothing of the frame: its fields are numbers and strings.
    private static TRequest Read<TRequest>(ref KafkaReader reader, PooledBuffer frame, KafkaCall call)
        where TRequest : IKafkaStruct<TRequest>
    {
        var request = reader.ReadStruct<TRequest>(call.Version);
        frame.Dispose();
        return request;
    }
}
