namespace OrleansStream.Protocols.Kafka.Messages;

/// <summary>Forgets groups without members, and their offsets. Versions 0 to 2.</summary>
public sealed record DeleteGroupsRequest(IReadOnlyList<string> Groups)
    : IKafkaRequest<DeleteGroupsRequest, DeleteGroupsResponse>
{
    public static ApiKey ApiKey => ApiKey.DeleteGroups;

    public static DeleteGroupsRequest Read(ref KafkaReader reader, int version) => new(reader.ReadStringArray());

    public void Write(KafkaWriter writer, int version) => writer.WriteStringArray(Groups);
}

/// <summary>What became of each group.</summary>
public sealed record DeleteGroupsResponse(IReadOnlyList<DeletedGroup> Groups, int ThrottleTimeMs = 0)
    : IKafkaStruct<DeleteGroupsResponse>
{
    public static DeleteGroupsResponse Read(ref KafkaReader reader, int version)
    {
        var throttleTimeMs = reader.ReadInt32();
        return new DeleteGroupsResponse(reader.ReadArray<DeletedGroup>(version), throttleTimeMs);
    }

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteInt32(ThrottleTimeMs);
        writer.WriteArray(Groups, version);
    }
}

/// <summary>Whether one group was deleted.</summary>
public readonly record struct DeletedGroup(string GroupId, ErrorCode Error) : IKafkaStruct<DeletedGroup>
{
    public static DeletedGroup Read(ref KafkaReader reader, int version)
        => new(reader.ReadString(), reader.ReadErrorCode());

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteString(GroupId);
        writer.WriteErrorCode(Error);
    }
}
