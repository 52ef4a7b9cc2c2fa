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
    ProduceApi produce,
    FetchApi fetch,
    OffsetsApi offsets,
    MetadataApi metadata,
    ClusterApi cluster,
    TopicsApi topics,
    ConfigsApi configs,
    QuotasApi quotas) : IKafkaRequestRouter
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
            client.ClientId = header.ClientId ?? client.ClientId;
            var call = new KafkaCall(header, client, closed);

            // Produce alone keeps the frame: the batches are appended from where they lie.
            return header.ApiKey == ApiKey.Produce
                ? produce.StartAsync(reader.ReadStruct<ProduceRequest>(call.Version), frame, call)
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
            ApiKey.Fetch => fetch.AnswerAsync(Read<FetchRequest>(ref reader, frame, call), call),
            ApiKey.ListOffsets => AnswerAsync<ListOffsetsRequest, ListOffsetsResponse>(
                ref reader, frame, call, offsets.ListAsync),
            ApiKey.Metadata => AnswerAsync<MetadataRequest, MetadataResponse>(
                ref reader, frame, call, metadata.AnswerAsync),
            ApiKey.FindCoordinator => AnswerAsync<FindCoordinatorRequest, FindCoordinatorResponse>(
                ref reader, frame, call, cluster.FindCoordinatorsAsync),
            ApiKey.ApiVersions => AnswerVersionsAsync(ref reader, frame, call),
            ApiKey.CreateTopics => AnswerAsync<CreateTopicsRequest, CreateTopicsResponse>(
                ref reader, frame, call, topics.CreateAsync),
            ApiKey.DeleteTopics => AnswerAsync<DeleteTopicsRequest, DeleteTopicsResponse>(
                ref reader, frame, call, topics.DeleteAsync),
            ApiKey.DeleteRecords => AnswerAsync<DeleteRecordsRequest, DeleteRecordsResponse>(
                ref reader, frame, call, offsets.DeleteRecordsAsync),
            ApiKey.InitProducerId => AnswerAsync<InitProducerIdRequest, InitProducerIdResponse>(
                ref reader, frame, call, cluster.InitProducerIdAsync),
            ApiKey.OffsetForLeaderEpoch => AnswerAsync<OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse>(
                ref reader, frame, call, offsets.FindEpochEndsAsync),
            ApiKey.DescribeConfigs => AnswerAsync<DescribeConfigsRequest, DescribeConfigsResponse>(
                ref reader, frame, call, configs.DescribeAsync),
            ApiKey.CreatePartitions => AnswerAsync<CreatePartitionsRequest, CreatePartitionsResponse>(
                ref reader, frame, call, topics.AddPartitionsAsync),
            ApiKey.IncrementalAlterConfigs =>
                AnswerAsync<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse>(
                    ref reader, frame, call, configs.AlterAsync),
            ApiKey.DescribeClientQuotas => AnswerAsync<DescribeClientQuotasRequest, DescribeClientQuotasResponse>(
                ref reader, frame, call, quotas.DescribeAsync),
            ApiKey.AlterClientQuotas => AnswerAsync<AlterClientQuotasRequest, AlterClientQuotasResponse>(
                ref reader, frame, call, quotas.AlterAsync),
            ApiKey.DescribeCluster => AnswerAsync<DescribeClusterRequest, DescribeClusterResponse>(
                ref reader, frame, call, cluster.DescribeAsync),
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
