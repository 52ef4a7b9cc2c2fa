namespace OrleansStream.Protocols.Kafka.Messages;

/// <summary>Asks about the partitions of topics, page by page. Version 0.</summary>
/// <param name="Topics">Empty for all.</param>
/// <param name="PartitionLimit">The most partitions of one page.</param>
/// <param name="Cursor">Where the page begins; null for the first.</param>
public sealed record DescribeTopicPartitionsRequest(
    IReadOnlyList<TopicByName> Topics, int PartitionLimit, TopicPartitionCursor? Cursor)
    : IKafkaRequest<DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse>
{
    public static ApiKey ApiKey => ApiKey.DescribeTopicPartitions;

    public static DescribeTopicPartitionsRequest Read(ref KafkaReader reader, int version) => new(
        Topics: reader.ReadArray<TopicByName>(version),
        PartitionLimit: reader.ReadInt32(),
        Cursor: reader.ReadNullableStruct<TopicPartitionCursor>(version));

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteArray(Topics, version);
        writer.WriteInt32(PartitionLimit);
        writer.WriteNullableStruct(Cursor, version);
    }
}

/// <summary>A topic asked about.</summary>
public readonly record struct TopicByName(string Name) : IKafkaStruct<TopicByName>
{
    public static TopicByName Read(ref KafkaReader reader, int version) => new(reader.ReadString());

    public void Write(KafkaWriter writer, int version) => writer.WriteString(Name);
}

/// <summary>Where a page begins.</summary>
public sealed record TopicPartitionCursor(string Topic, int Partition) : IKafkaStruct<TopicPartitionCursor>
{
    public static TopicPartitionCursor Read(ref KafkaReader reader, int version)
        => new(reader.ReadString(), reader.ReadInt32());

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteString(Topic);
        writer.WriteInt32(Partition);
    }
}

/// <summary>A page of partitions.</summary>
/// <param name="NextCursor">Where the next page begins; null after the last.</param>
public sealed record DescribeTopicPartitionsResponse(
    IReadOnlyList<TopicPage> Topics, TopicPartitionCursor? NextCursor, int ThrottleTimeMs = 0)
    : IKafkaStruct<DescribeTopicPartitionsResponse>
{
    public static DescribeTopicPartitionsResponse Read(ref KafkaReader reader, int version)
    {
        var throttleTimeMs = reader.ReadInt32();
        return new DescribeTopicPartitionsResponse(
            Topics: reader.ReadArray<TopicPage>(version),
            NextCursor: reader.ReadNullableStruct<TopicPartitionCursor>(version),
            ThrottleTimeMs: throttleTimeMs);
    }

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteInt32(ThrottleTimeMs);
        writer.WriteArray(Topics, version);
        writer.WriteNullableStruct(NextCursor, version);
    }
}

/// <summary>A topic, with those of its partitions that are on the page.</summary>
public sealed record TopicPage(
    ErrorCode Error,
    string? Name,
    Guid Id,
    bool IsInternal,
    IReadOnlyList<PartitionOnPage> Partitions,
    int AuthorizedOperations = MetadataTopic.OperationsNotAskedFor)
    : IKafkaStruct<TopicPage>
{
    public static TopicPage Read(ref KafkaReader reader, int version) => new(
        Error: reader.ReadErrorCode(),
        Name: reader.ReadNullableString(),
        Id: reader.ReadUuid(),
        IsInternal: reader.ReadBoolean(),
        Partitions: reader.ReadArray<PartitionOnPage>(version),
        AuthorizedOperations: reader.ReadInt32());

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteErrorCode(Error);
        writer.WriteString(Name);
        writer.WriteUuid(Id);
        writer.WriteBoolean(IsInternal);
        writer.WriteArray(Partitions, version);
        writer.WriteInt32(AuthorizedOperations);
    }
}

/// <summary>A partition and the nodes that serve it.</summary>
/// <param name="EligibleLeaders">Nodes out of sync that may lead all the same; null when that is not known.</param>
/// <param name="LastKnownEligibleLeaders">Null likewise.</param>
public readonly record struct PartitionOnPage(
    ErrorCode Error,
    int Index,
    int LeaderId,
    int LeaderEpoch,
    IReadOnlyList<int> Replicas,
    IReadOnlyList<int> InSyncReplicas,
    IReadOnlyList<int>? EligibleLeaders,
    IReadOnlyList<int>? LastKnownEligibleLeaders,
    IReadOnlyList<int> OfflineReplicas)
    : IKafkaStruct<PartitionOnPage>
{
    public static PartitionOnPage Read(ref KafkaReader reader, int version) => new(
        Error: reader.ReadErrorCode(),
        Index: reader.ReadInt32(),
        LeaderId: reader.ReadInt32(),
        LeaderEpoch: reader.ReadInt32(),
        Replicas: reader.ReadInt32Array(),
        InSyncReplicas: reader.ReadInt32Array(),
        EligibleLeaders: reader.ReadNullableInt32Array(),
        LastKnownEligibleLeaders: reader.ReadNullableInt32Array(),
        OfflineReplicas: reader.ReadInt32Array());

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteErrorCode(Error);
        writer.WriteInt32(Index);
        writer.WriteInt32(LeaderId);
        writer.WriteInt32(LeaderEpoch);
        writer.WriteInt32Array(Replicas);
        writer.WriteInt32Array(InSyncReplicas);
        writer.WriteInt32Array(EligibleLeaders);
        writer.WriteInt32Array(LastKnownEligibleLeaders);
        writer.WriteInt32Array(OfflineReplicas);
    }
}
