namespace OrleansStream.Protocols.Kafka.Messages;

/// <summary>Asks which topics and nodes there are. Versions 0 to 12.</summary>
/// <param name="Topics">Null for all, empty for none. Version 0 says all by an empty array.</param>
public sealed record MetadataRequest(
    IReadOnlyList<MetadataRequestTopic>? Topics,
    bool AllowAutoTopicCreation = true,
    bool IncludeClusterAuthorizedOperations = false,
    bool IncludeTopicAuthorizedOperations = false)
    : IKafkaRequest<MetadataRequest, MetadataResponse>
{
    public static ApiKey ApiKey => ApiKey.Metadata;

    public static MetadataRequest Read(ref KafkaReader reader, int version) => new(
        Topics: ReadTopics(ref reader, version),
        AllowAutoTopicCreation: version < 4 || reader.ReadBoolean(),
        IncludeClusterAuthorizedOperations: version is >= 8 and <= 10 && reader.ReadBoolean(),
        IncludeTopicAuthorizedOperations: version >= 8 && reader.ReadBoolean());

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteArray(version == 0 ? Topics ?? [] : Topics, version);
        if (version >= 4)
        {
            writer.WriteBoolean(AllowAutoTopicCreation);
        }

        if (version is >= 8 and <= 10)
        {
            writer.WriteBoolean(IncludeClusterAuthorizedOperations);
        }

        if (version >= 8)
        {
            writer.WriteBoolean(IncludeTopicAuthorizedOperations);
        }
    }

    private static MetadataRequestTopic[]? ReadTopics(ref KafkaReader reader, int version)
    {
        var topics = reader.ReadNullableArray<MetadataRequestTopic>(version);
        return version == 0 && topics is [] ? null : topics;
    }
}

/// <summary>A topic asked about, by name or, from version 12 on, by id.</summary>
/// <param name="Name">Null when the id says which.</param>
/// <param name="Id">Empty when the name says which.</param>
public readonly record struct MetadataRequestTopic(string? Name, Guid Id = default) : IKafkaStruct<MetadataRequestTopic>
{
    public static MetadataRequestTopic Read(ref KafkaReader reader, int version)
    {
        var id = version >= 10 ? reader.ReadUuid() : default;
        return new MetadataRequestTopic(version >= 10 ? reader.ReadNullableString() : reader.ReadString(), id);
    }

    public void Write(KafkaWriter writer, int version)
    {
        if (version >= 10)
        {
            writer.WriteUuid(Id);
        }

        writer.WriteString(Name);
    }
}

/// <summary>The nodes and the topics asked for.</summary>
public sealed record MetadataResponse(
    IReadOnlyList<MetadataNode> Nodes,
    string? ClusterId,
    int ControllerId,
    IReadOnlyList<MetadataTopic> Topics,
    int ClusterAuthorizedOperations = MetadataTopic.OperationsNotAskedFor,
    int ThrottleTimeMs = 0)
    : IKafkaStruct<MetadataResponse>
{
    public static MetadataResponse Read(ref KafkaReader reader, int version)
    {
        var throttleTimeMs = version >= 3 ? reader.ReadInt32() : 0;
        return new MetadataResponse(
            Nodes: reader.ReadArray<MetadataNode>(version),
            ClusterId: version >= 2 ? reader.ReadNullableString() : null,
            ControllerId: version >= 1 ? reader.ReadInt32() : -1,
            Topics: reader.ReadArray<MetadataTopic>(version),
            ClusterAuthorizedOperations: version is >= 8 and <= 10
                ? reader.ReadInt32()
                : MetadataTopic.OperationsNotAskedFor,
            ThrottleTimeMs: throttleTimeMs);
    }

    public void Write(KafkaWriter writer, int version)
    {
        if (version >= 3)
        {
            writer.WriteInt32(ThrottleTimeMs);
        }

        writer.WriteArray(Nodes, version);
        if (version >= 2)
        {
            writer.WriteString(ClusterId);
        }

        if (version >= 1)
        {
            writer.WriteInt32(ControllerId);
        }

        writer.WriteArray(Topics, version);
        if (version is >= 8 and <= 10)
        {
            writer.WriteInt32(ClusterAuthorizedOperations);
        }
    }
}

/// <summary>A node and where to connect to it.</summary>
public readonly record struct MetadataNode(int Id, string Host, int Port, string? Rack = null)
    : IKafkaStruct<MetadataNode>
{
    public static MetadataNode Read(ref KafkaReader reader, int version) => new(
        Id: reader.ReadInt32(),
        Host: reader.ReadString(),
        Port: reader.ReadInt32(),
        Rack: version >= 1 ? reader.ReadNullableString() : null);

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteInt32(Id);
        writer.WriteString(Host);
        writer.WriteInt32(Port);
        if (version >= 1)
        {
            writer.WriteString(Rack);
        }
    }
}

/// <summary>A topic and its partitions.</summary>
/// <param name="Name">Null only in version 12, when the id asked about is unknown.</param>
public sealed record MetadataTopic(
    ErrorCode Error,
    string? Name,
    Guid Id,
    IReadOnlyList<MetadataPartition> Partitions,
    bool IsInternal = false,
    int AuthorizedOperations = MetadataTopic.OperationsNotAskedFor)
    : IKafkaStruct<MetadataTopic>
{
    /// <summary>Stands for a set of operations that the request did not ask for.</summary>
    public const int OperationsNotAskedFor = int.MinValue;

    public static MetadataTopic Read(ref KafkaReader reader, int version)
    {
        var error = reader.ReadErrorCode();
        var name = version >= 12 ? reader.ReadNullableString() : reader.ReadString();
        var id = version >= 10 ? reader.ReadUuid() : default;
        var isInternal = version >= 1 && reader.ReadBoolean();
        var partitions = reader.ReadArray<MetadataPartition>(version);
        var operations = version >= 8 ? reader.ReadInt32() : OperationsNotAskedFor;
        return new MetadataTopic(error, name, id, partitions, isInternal, operations);
    }

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteErrorCode(Error);
        writer.WriteString(version >= 12 ? Name : Name ?? "");
        if (version >= 10)
        {
            writer.WriteUuid(Id);
        }

        if (version >= 1)
        {
            writer.WriteBoolean(IsInternal);
        }

        writer.WriteArray(Partitions, version);
        if (version >= 8)
        {
            writer.WriteInt32(AuthorizedOperations);
        }
    }
}

/// <summary>A partition and the nodes that serve it.</summary>
/// <param name="LeaderId">-1 while there is none.</param>
public readonly record struct MetadataPartition(
    ErrorCode Error,
    int Index,
    int LeaderId,
    int LeaderEpoch,
    IReadOnlyList<int> Replicas,
    IReadOnlyList<int> InSyncReplicas,
    IReadOnlyList<int> OfflineReplicas)
    : IKafkaStruct<MetadataPartition>
{
    public static MetadataPartition Read(ref KafkaReader reader, int version) => new(
        Error: reader.ReadErrorCode(),
        Index: reader.ReadInt32(),
        LeaderId: reader.ReadInt32(),
        LeaderEpoch: version >= 7 ? reader.ReadInt32() : -1,
        Replicas: reader.ReadInt32Array(),
        InSyncReplicas: reader.ReadInt32Array(),
        OfflineReplicas: version >= 5 ? reader.ReadInt32Array() : []);

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteErrorCode(Error);
        writer.WriteInt32(Index);
        writer.WriteInt32(LeaderId);
        if (version >= 7)
        {
            writer.WriteInt32(LeaderEpoch);
        }

        writer.WriteInt32Array(Replicas);
        writer.WriteInt32Array(InSyncReplicas);
        if (version >= 5)
        {
            writer.WriteInt32Array(OfflineReplicas);
        }
    }
}
