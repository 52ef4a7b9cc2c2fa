namespace OrleansStream.Protocols.Kafka.Messages;

/// <summary>Deletes topics. Versions 1 to 6.</summary>
public sealed record DeleteTopicsRequest(IReadOnlyList<DeletableTopic> Topics, int TimeoutMs)
    : IKafkaRequest<DeleteTopicsRequest, DeleteTopicsResponse>
{
    public static ApiKey ApiKey => ApiKey.DeleteTopics;

    public static DeleteTopicsRequest Read(ref KafkaReader reader, int version) => new(
        Topics: version >= 6
            ? reader.ReadArray<DeletableTopic>(version)
            : Array.ConvertAll(reader.ReadStringArray(), name => new DeletableTopic(name)),
        TimeoutMs: reader.ReadInt32());

    public void Write(KafkaWriter writer, int version)
    {
        if (version >= 6)
        {
            writer.WriteArray(Topics, version);
        }
        else
        {
            writer.WriteStringArray([.. Topics.Select(topic => topic.Name!)]);
        }

        writer.WriteInt32(TimeoutMs);
    }
}

/// <summary>A topic to be deleted, by name or, from version 6 on, by id.</summary>
/// <param name="Name">Null when the id says which.</param>
/// <param name="Id">Empty when the name says which.</param>
public readonly record struct DeletableTopic(string? Name, Guid Id = default) : IKafkaStruct<DeletableTopic>
{
    public static DeletableTopic Read(ref KafkaReader reader, int version)
        => new(reader.ReadNullableString(), reader.ReadUuid());

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteString(Name);
        writer.WriteUuid(Id);
    }
}

/// <summary>What became of each topic.</summary>
public sealed record DeleteTopicsResponse(IReadOnlyList<DeletedTopic> Topics, int ThrottleTimeMs = 0)
    : IKafkaStruct<DeleteTopicsResponse>
{
    public static DeleteTopicsResponse Read(ref KafkaReader reader, int version)
    {
        var throttleTimeMs = reader.ReadInt32();
        return new DeleteTopicsResponse(reader.ReadArray<DeletedTopic>(version), throttleTimeMs);
    }

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteInt32(ThrottleTimeMs);
        writer.WriteArray(Topics, version);
    }
}

/// <summary>Whether one topic was deleted.</summary>
/// <param name="Name">Null only from version 6 on, when the id asked for is unknown.</param>
/// <param name="ErrorMessage">Sent from version 5 on.</param>
public readonly record struct DeletedTopic(string? Name, Guid Id, ErrorCode Error, string? ErrorMessage)
    : IKafkaStruct<DeletedTopic>
{
    public static DeletedTopic Read(ref KafkaReader reader, int version) => new(
        Name: version >= 6 ? reader.ReadNullableString() : reader.ReadString(),
        Id: version >= 6 ? reader.ReadUuid() : default,
        Error: reader.ReadErrorCode(),
        ErrorMessage: version >= 5 ? reader.ReadNullableString() : null);

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteString(version >= 6 ? Name : Name ?? "");
        if (version >= 6)
        {
            writer.WriteUuid(Id);
        }

        writer.WriteErrorCode(Error);
        if (version >= 5)
        {
            writer.WriteString(ErrorMessage);
        }
    }
}
