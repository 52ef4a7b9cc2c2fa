namespace OrleansStream.Protocols.Kafka.Messages;

/// <summary>Asks which groups there are. Versions 0 to 5.</summary>
/// <param name="StatesFilter">Empty for all. Sent from version 4 on.</param>
/// <param name="TypesFilter">Empty for all. Sent from version 5 on.</param>
public sealed record ListGroupsRequest(IReadOnlyList<string> StatesFilter, IReadOnlyList<string> TypesFilter)
    : IKafkaRequest<ListGroupsRequest, ListGroupsResponse>
{
    public static ApiKey ApiKey => ApiKey.ListGroups;

    public static ListGroupsRequest Read(ref KafkaReader reader, int version) => new(
        StatesFilter: version >= 4 ? reader.ReadStringArray() : [],
        TypesFilter: version >= 5 ? reader.ReadStringArray() : []);

    public void Write(KafkaWriter writer, int version)
    {
        if (version >= 4)
        {
            writer.WriteStringArray(StatesFilter);
        }

        if (version >= 5)
        {
            writer.WriteStringArray(TypesFilter);
        }
    }
}

/// <summary>The groups there are.</summary>
public sealed record ListGroupsResponse(ErrorCode Error, IReadOnlyList<ListedGroup> Groups, int ThrottleTimeMs = 0)
    : IKafkaStruct<ListGroupsResponse>
{
    public static ListGroupsResponse Read(ref KafkaReader reader, int version)
    {
        var throttleTimeMs = version >= 1 ? reader.ReadInt32() : 0;
        return new ListGroupsResponse(reader.ReadErrorCode(), reader.ReadArray<ListedGroup>(version), throttleTimeMs);
    }

    public void Write(KafkaWriter writer, int version)
    {
        if (version >= 1)
        {
            writer.WriteInt32(ThrottleTimeMs);
        }

        writer.WriteErrorCode(Error);
        writer.WriteArray(Groups, version);
    }
}

/// <summary>A group in a list.</summary>
/// <param name="State">Sent from version 4 on.</param>
/// <param name="Type">Sent from version 5 on.</param>
public readonly record struct ListedGroup(string GroupId, string ProtocolType, string State, string Type)
    : IKafkaStruct<ListedGroup>
{
    public static ListedGroup Read(ref KafkaReader reader, int version) => new(
        GroupId: reader.ReadString(),
        ProtocolType: reader.ReadString(),
        State: version >= 4 ? reader.ReadString() : "",
        Type: version >= 5 ? reader.ReadString() : "");

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteString(GroupId);
        writer.WriteString(ProtocolType);
        if (version >= 4)
        {
            writer.WriteString(State);
        }

        if (version >= 5)
        {
            writer.WriteString(Type);
        }
    }
}
