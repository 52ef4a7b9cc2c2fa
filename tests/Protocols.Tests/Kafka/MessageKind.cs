using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;

namespace OrleansStream.Protocols.Tests.Kafka;

/// <summary>A request or response type, so that one test can go over all of them in all versions.</summary>
internal abstract class MessageKind(ApiKey key, string direction)
{
    public static IReadOnlyList<MessageKind> All { get; } =
    [
        .. Both<ProduceRequest, ProduceResponse>(),
        .. Both<FetchRequest, FetchResponse>(),
        .. Both<ListOffsetsRequest, ListOffsetsResponse>(),
        .. Both<MetadataRequest, MetadataResponse>(),
        .. Both<FindCoordinatorRequest, FindCoordinatorResponse>(),
        .. Both<ApiVersionsRequest, ApiVersionsResponse>(),
        .. Both<CreateTopicsRequest, CreateTopicsResponse>(),
        .. Both<DeleteTopicsRequest, DeleteTopicsResponse>(),
        .. Both<DeleteRecordsRequest, DeleteRecordsResponse>(),
        .. Both<InitProducerIdRequest, InitProducerIdResponse>(),
        .. Both<OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse>(),
        .. Both<DescribeConfigsRequest, DescribeConfigsResponse>(),
        .. Both<CreatePartitionsRequest, CreatePartitionsResponse>(),
        .. Both<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse>(),
        .. Both<DescribeClientQuotasRequest, DescribeClientQuotasResponse>(),
        .. Both<AlterClientQuotasRequest, AlterClientQuotasResponse>(),
        .. Both<SaslHandshakeRequest, SaslHandshakeResponse>(),
        .. Both<SaslAuthenticateRequest, SaslAuthenticateResponse>(),
        .. Both<DescribeAclsRequest, DescribeAclsResponse>(),
        .. Both<CreateAclsRequest, CreateAclsResponse>(),
        .. Both<DeleteAclsRequest, DeleteAclsResponse>(),
        .. Both<DescribeUserScramCredentialsRequest, DescribeUserScramCredentialsResponse>(),
        .. Both<AlterUserScramCredentialsRequest, AlterUserScramCredentialsResponse>(),
        .. Both<DescribeClusterRequest, DescribeClusterResponse>(),
        .. Both<OffsetCommitRequest, OffsetCommitResponse>(),
        .. Both<OffsetFetchRequest, OffsetFetchResponse>(),
        .. Both<JoinGroupRequest, JoinGroupResponse>(),
        .. Both<HeartbeatRequest, HeartbeatResponse>(),
        .. Both<LeaveGroupRequest, LeaveGroupResponse>(),
        .. Both<SyncGroupRequest, SyncGroupResponse>(),
        .. Both<DescribeGroupsRequest, DescribeGroupsResponse>(),
        .. Both<ListGroupsRequest, ListGroupsResponse>(),
        .. Both<AlterConfigsRequest, AlterConfigsResponse>(),
        .. Both<DescribeLogDirsRequest, DescribeLogDirsResponse>(),
        .. Both<DeleteGroupsRequest, DeleteGroupsResponse>(),
        .. Both<ElectLeadersRequest, ElectLeadersResponse>(),
        .. Both<AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse>(),
        .. Both<ListPartitionReassignmentsRequest, ListPartitionReassignmentsResponse>(),
        .. Both<OffsetDeleteRequest, OffsetDeleteResponse>(),
        .. Both<DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse>(),
    ];

    public ApiKey Key => key;

    /// <summary>Every kind in every version that is spoken, or refused with an answer.</summary>
    public static IEnumerable<(MessageKind Kind, int Version)> EveryVersion()
        => from kind in All
           let support = ApiVersions.Get(kind.Key)
           from version in Enumerable.Range(support.AdvertisedMin, support.Max - support.AdvertisedMin + 1)
           select (kind, version);

    public static MessageKind Named(string name) => All.Single(kind => kind.ToString() == name);

    public override string ToString() => $"{key} {direction}";

    /// <summary>A message of random content, as bytes.</summary>
    public abstract byte[] EncodeRandom(Random random, int version);

    /// <summary>Reads a message and writes it again; all bytes must have been used.</summary>
    public abstract byte[] Rewrite(byte[] bytes, int version);

    /// <summary>Reads a message and forgets it.</summary>
    public abstract void Decode(ReadOnlyMemory<byte> bytes, int version);

    private static MessageKind[] Both<TRequest, TResponse>()
        where TRequest : IKafkaRequest<TRequest, TResponse>
        where TResponse : IKafkaStruct<TResponse>
        => [new Of<TRequest>(TRequest.ApiKey, "Request"), new Of<TResponse>(TRequest.ApiKey, "Response")];

    private sealed class Of<T>(ApiKey key, string direction) : MessageKind(key, direction)
        where T : IKafkaStruct<T>
    {
        public override byte[] EncodeRandom(Random random, int version)
        {
            var nulls = version == ApiVersions.Get(Key).Max;
            return WireBytes.Encode(
                new RandomMessages(random, nulls).Create<T>(), version, ApiVersions.Get(Key).IsFlexible(version));
        }

        public override byte[] Rewrite(byte[] bytes, int version)
        {
            var reader = Reader(bytes, version);
            var message = reader.ReadStruct<T>(version);
            Assert.Equal(0, reader.RemainingBytes);
            return WireBytes.Encode(message, version, reader.Flexible);
        }

        public override void Decode(ReadOnlyMemory<byte> bytes, int version)
            => Reader(bytes, version).ReadStruct<T>(version);

        private KafkaReader Reader(ReadOnlyMemory<byte> bytes, int version)
            => new(bytes) { Flexible = ApiVersions.Get(Key).IsFlexible(version) };
    }
}
