namespace OrleansStream.Protocols.Kafka.Messages;

/// <summary>Asks who belongs to the cluster. Versions 0 to 2.</summary>
/// <param name="EndpointType">1 for brokers, 2 for controllers.</param>
public sealed record DescribeClusterRequest(
    bool IncludeAuthorizedOperations = false,
    sbyte EndpointType = DescribeClusterRequest.Brokers,
    bool IncludeFenced = false)
    : IKafkaRequest<DescribeClusterRequest, DescribeClusterResponse>
{
    public const sbyte Brokers = 1;

    public static ApiKey ApiKey => ApiKey.DescribeCluster;

    public static DescribeClusterRequest Read(ref KafkaReader reader, int version) => new(
        IncludeAuthorizedOperations: reader.ReadBoolean(),
        EndpointType: version >= 1 ? reader.ReadInt8() : Brokers,
        IncludeFenced: version >= 2 && reader.ReadBoolean());

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteBoolean(IncludeAuthorizedOperations);
        if (version >= 1)
        {
            writer.WriteInt8(EndpointType);
        }

        if (version >= 2)
        {
            writer.WriteBoolean(IncludeFenced);
        }
    }
}

/// <summary>The cluster and its nodes.</summary>
public sealed record DescribeClusterResponse(
    ErrorCode Error,
    string? ErrorMessage,
    string ClusterId,
    int ControllerId,
    IReadOnlyList<DescribedNode> Nodes,
    sbyte EndpointType = DescribeClusterRequest.Brokers,
    int AuthorizedOperations = MetadataTopic.OperationsNotAskedFor,
    int ThrottleTimeMs = 0)
    : IKafkaStruct<DescribeClusterResponse>
{
    public static DescribeClusterResponse Read(ref KafkaReader reader, int version)
    {
        var throttleTimeMs = reader.ReadInt32();
        var error = reader.ReadErrorCode();
        var errorMessage = reader.ReadNullableString();
        var endpointType = version >= 1 ? reader.ReadInt8() : DescribeClusterRequest.Brokers;
        return new DescribeClusterResponse(
            error,
            errorMessage,
            ClusterId: reader.ReadString(),
            ControllerId: reader.ReadInt32(),
            Nodes: reader.ReadArray<DescribedNode>(version),
            EndpointType: endpointType,
            AuthorizedOperations: reader.ReadInt32(),
            ThrottleTimeMs: throttleTimeMs);
    }

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteInt32(ThrottleTimeMs);
        writer.WriteErrorCode(Error);
        writer.WriteString(ErrorMessage);
        if (version >= 1)
        {
            writer.WriteInt8(EndpointType);
        }

        writer.WriteString(ClusterId);
        writer.WriteInt32(ControllerId);
        writer.WriteArray(Nodes, version);
        writer.WriteInt32(AuthorizedOperations);
    }
}

/// <summary>A node and where to connect to it.</summary>
/// <param name="IsFenced">Whether it is known but out of service. Sent from version 2 on.</param>
public readonly record struct DescribedNode(int Id, string Host, int Port, string? Rack = null, bool IsFenced = false)
    : IKafkaStruct<DescribedNode>
{
    public static DescribedNode Read(ref KafkaReader reader, int version) => new(
        Id: reader.ReadInt32(),
        Host: reader.ReadString(),
        Port: reader.ReadInt32(),
        Rack: reader.ReadNullableString(),
        IsFenced: version >= 2 && reader.ReadBoolean());

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteInt32(Id);
        writer.WriteString(Host);
        writer.WriteInt32(Port);
        writer.WriteString(Rack);
        if (version >= 2)
        {
            writer.WriteBoolean(IsFenced);
        }
    }
}
