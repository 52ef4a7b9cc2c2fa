using OrleansStream.Protocols;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;

namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>Reads each request and hands it to the class that answers its API.</summary>
/// <remarks>
/// A request in a version that is not spoken ends the connection, as in Kafka: client and server would read different
/// bytes. Two are answered all the same: ApiVersions, by which the client finds out, and Produce, because the versions
/// refused are listed.
/// </remarks>
internal sealed class KafkaRequestRouter(
    RecordApis records,
    MetadataApi metadata,
    ClusterApi cluster,
    GroupApis groups,
    AdminApis admin,
    SecurityApis security) : IKafkaRequestRouter
{
    // Ten times the partitions that a client of a large cluster asks about at once. Many more elements fit into a frame
    // than into the memory that reading and answering them takes.
    private const int MaxElements = 100_000;

    public Task<KafkaReply> StartAsync(PooledBuffer frame, KafkaClient client, CancellationToken closed)
    {
        try
        {
            var reader = new KafkaReader(frame.Memory) { MaxElements = MaxElements };
            var header = RequestHeader.Read(ref reader);
            CheckVersion(header);
            CheckAdmission(header, client);
            client.ClientId = header.ClientId ?? client.ClientId;
            var call = new KafkaCall(header, client, closed);

            // Produce alone keeps the frame: the batches are appended from where they lie.
            return header.ApiKey == ApiKey.Produce
                ? records.Produce.StartAsync(reader.ReadStruct<ProduceRequest>(call.Version), frame, call)
                : DispatchAsync(ref reader, frame, call);
        }
        catch (ProtocolException e)
        {
            frame.Dispose();
            return Task.FromException<KafkaReply>(e);
        }
    }

    private Task<KafkaReply> DispatchAsync(ref KafkaReader reader, PooledBuffer frame, in KafkaCall call)
        => call.Header.ApiKey switch
        {
            ApiKey.Fetch => records.Fetch.AnswerAsync(Read<FetchRequest>(ref reader, frame, call), call),
            ApiKey.ListOffsets => AnswerAsync<ListOffsetsRequest, ListOffsetsResponse>(
                ref reader, frame, call, records.Offsets.ListAsync),
            ApiKey.Metadata => AnswerAsync<MetadataRequest, MetadataResponse>(
                ref reader, frame, call, metadata.AnswerAsync),
            ApiKey.FindCoordinator => AnswerAsync<FindCoordinatorRequest, FindCoordinatorResponse>(
                ref reader, frame, call, cluster.FindCoordinatorsAsync),
            ApiKey.ApiVersions => AnswerVersionsAsync(ref reader, frame, call),
            ApiKey.DeleteRecords => AnswerAsync<DeleteRecordsRequest, DeleteRecordsResponse>(
                ref reader, frame, call, records.Offsets.DeleteRecordsAsync),
            ApiKey.InitProducerId => AnswerAsync<InitProducerIdRequest, InitProducerIdResponse>(
                ref reader, frame, call, cluster.InitProducerIdAsync),
            ApiKey.OffsetForLeaderEpoch => AnswerAsync<OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse>(
                ref reader, frame, call, records.Offsets.FindEpochEndsAsync),
            ApiKey.DescribeCluster => AnswerAsync<DescribeClusterRequest, DescribeClusterResponse>(
                ref reader, frame, call, cluster.DescribeAsync),
            _ => DispatchGroupAsync(ref reader, frame, call),
        };

    private Task<KafkaReply> DispatchGroupAsync(ref KafkaReader reader, PooledBuffer frame, in KafkaCall call)
        => call.Header.ApiKey switch
        {
            ApiKey.OffsetCommit => AnswerAsync<OffsetCommitRequest, OffsetCommitResponse>(
                ref reader, frame, call, groups.Offsets.CommitAsync),
            ApiKey.OffsetFetch => AnswerAsync<OffsetFetchRequest, OffsetFetchResponse>(
                ref reader, frame, call, groups.Offsets.FetchAsync),
            ApiKey.JoinGroup => AnswerAsync<JoinGroupRequest, JoinGroupResponse>(
                ref reader, frame, call, groups.Members.JoinAsync),
            ApiKey.Heartbeat => AnswerAsync<HeartbeatRequest, HeartbeatResponse>(
                ref reader, frame, call, groups.Members.HeartbeatAsync),
            ApiKey.LeaveGroup => AnswerAsync<LeaveGroupRequest, LeaveGroupResponse>(
                ref reader, frame, call, groups.Members.LeaveAsync),
            ApiKey.SyncGroup => AnswerAsync<SyncGroupRequest, SyncGroupResponse>(
                ref reader, frame, call, groups.Members.SyncAsync),
            ApiKey.DescribeGroups => AnswerAsync<DescribeGroupsRequest, DescribeGroupsResponse>(
                ref reader, frame, call, groups.Admin.DescribeAsync),
            ApiKey.ListGroups => AnswerAsync<ListGroupsRequest, ListGroupsResponse>(
                ref reader, frame, call, groups.Admin.ListAsync),
            ApiKey.DeleteGroups => AnswerAsync<DeleteGroupsRequest, DeleteGroupsResponse>(
                ref reader, frame, call, groups.Admin.DeleteAsync),
            ApiKey.OffsetDelete => AnswerAsync<OffsetDeleteRequest, OffsetDeleteResponse>(
                ref reader, frame, call, groups.Offsets.DeleteAsync),
            _ => DispatchAdminAsync(ref reader, frame, call),
        };

    private Task<KafkaReply> DispatchAdminAsync(ref KafkaReader reader, PooledBuffer frame, in KafkaCall call)
        => call.Header.ApiKey switch
        {
            ApiKey.CreateTopics => AnswerAsync<CreateTopicsRequest, CreateTopicsResponse>(
                ref reader, frame, call, admin.Topics.CreateAsync),
            ApiKey.DeleteTopics => AnswerAsync<DeleteTopicsRequest, DeleteTopicsResponse>(
                ref reader, frame, call, admin.Topics.DeleteAsync),
            ApiKey.CreatePartitions => AnswerAsync<CreatePartitionsRequest, CreatePartitionsResponse>(
                ref reader, frame, call, admin.Topics.AddPartitionsAsync),
            ApiKey.DescribeTopicPartitions =>
                AnswerAsync<DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse>(
                    ref reader, frame, call, admin.TopicPartitions.DescribeAsync),
            ApiKey.DescribeConfigs => AnswerAsync<DescribeConfigsRequest, DescribeConfigsResponse>(
                ref reader, frame, call, admin.Configs.DescribeAsync),
            ApiKey.AlterConfigs => AnswerAsync<AlterConfigsRequest, AlterConfigsResponse>(
                ref reader, frame, call, admin.Configs.ReplaceAsync),
            ApiKey.IncrementalAlterConfigs =>
                AnswerAsync<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse>(
                    ref reader, frame, call, admin.Configs.AlterAsync),
            ApiKey.DescribeClientQuotas => AnswerAsync<DescribeClientQuotasRequest, DescribeClientQuotasResponse>(
                ref reader, frame, call, admin.Quotas.DescribeAsync),
            ApiKey.AlterClientQuotas => AnswerAsync<AlterClientQuotasRequest, AlterClientQuotasResponse>(
                ref reader, frame, call, admin.Quotas.AlterAsync),
            ApiKey.DescribeLogDirs => AnswerAsync<DescribeLogDirsRequest, DescribeLogDirsResponse>(
                ref reader, frame, call, admin.LogDirs.DescribeAsync),
            ApiKey.ElectLeaders => AnswerAsync<ElectLeadersRequest, ElectLeadersResponse>(
                ref reader, frame, call, admin.Replicas.ElectAsync),
            ApiKey.AlterPartitionReassignments =>
                AnswerAsync<AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse>(
                    ref reader, frame, call, admin.Replicas.ReassignAsync),
            ApiKey.ListPartitionReassignments =>
                AnswerAsync<ListPartitionReassignmentsRequest, ListPartitionReassignmentsResponse>(
                    ref reader, frame, call, admin.Replicas.ListReassignmentsAsync),
            _ => DispatchSecurityAsync(ref reader, frame, call),
        };

    private Task<KafkaReply> DispatchSecurityAsync(ref KafkaReader reader, PooledBuffer frame, in KafkaCall call)
        => call.Header.ApiKey switch
        {
            ApiKey.SaslHandshake => security.Sasl.HandshakeAsync(
                Read<SaslHandshakeRequest>(ref reader, frame, call), call),
            ApiKey.SaslAuthenticate => security.Sasl.AuthenticateAsync(
                Read<SaslAuthenticateRequest>(ref reader, frame, call), call),
            ApiKey.DescribeAcls => AnswerAsync<DescribeAclsRequest, DescribeAclsResponse>(
                ref reader, frame, call, security.Acls.DescribeAsync),
            ApiKey.CreateAcls => AnswerAsync<CreateAclsRequest, CreateAclsResponse>(
                ref reader, frame, call, security.Acls.CreateAsync),
            ApiKey.DeleteAcls => AnswerAsync<DeleteAclsRequest, DeleteAclsResponse>(
                ref reader, frame, call, security.Acls.DeleteAsync),
            ApiKey.DescribeUserScramCredentials =>
                AnswerAsync<DescribeUserScramCredentialsRequest, DescribeUserScramCredentialsResponse>(
                    ref reader, frame, call, security.Credentials.DescribeAsync),
            ApiKey.AlterUserScramCredentials =>
                AnswerAsync<AlterUserScramCredentialsRequest, AlterUserScramCredentialsResponse>(
                    ref reader, frame, call, security.Credentials.AlterAsync),
            _ => throw new ProtocolException($"{call.Header.ApiKey} is not served."),
        };

    private static Task<KafkaReply> AnswerAsync<TRequest, TResponse>(
        ref KafkaReader reader,
        PooledBuffer frame,
        in KafkaCall call,
        Func<TRequest, KafkaCall, ValueTask<TResponse>> answer)
        where TRequest : IKafkaRequest<TRequest, TResponse>
        where TResponse : IKafkaStruct<TResponse>
    {
        return ReplyAsync(answer(Read<TRequest>(ref reader, frame, call), call), call);

        static async Task<KafkaReply> ReplyAsync(ValueTask<TResponse> response, KafkaCall call)
            => call.Reply(await response);
    }

    private static Task<KafkaReply> AnswerVersionsAsync(ref KafkaReader reader, PooledBuffer frame, in KafkaCall call)
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
    private static TRequest Read<TRequest>(ref KafkaReader reader, PooledBuffer frame, in KafkaCall call)
        where TRequest : IKafkaStruct<TRequest>
    {
        var request = reader.ReadStruct<TRequest>(call.Version);
        frame.Dispose();
        return request;
    }

    // A stranger may find out what is spoken here, and log in.
    private static void CheckAdmission(in RequestHeader header, KafkaClient client)
    {
        var isAdmitted = client.IsAdmitted
            || (client.Sasl.Stage is SaslStage.Mechanism or SaslStage.Token
                && header.ApiKey is ApiKey.ApiVersions or ApiKey.SaslHandshake or ApiKey.SaslAuthenticate);
        if (!isAdmitted)
        {
            throw new ProtocolException($"{header.ApiKey} was sent without logging in.");
        }
    }

    private static void CheckVersion(in RequestHeader header)
    {
        var support = ApiVersions.Get(header.ApiKey);
        var answered = header.ApiKey == ApiKey.ApiVersions
            || (header.ApiVersion >= support.AdvertisedMin && header.ApiVersion <= support.Max);
        if (!answered)
        {
            throw new ProtocolException($"{header.ApiKey} is not spoken in version {header.ApiVersion}.");
        }
    }
}
