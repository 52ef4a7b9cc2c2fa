namespace OrleansStream.Protocols.Kafka.Messages;

/// <summary>Asks where groups stand and who belongs to them. Versions 0 to 6.</summary>
/// <param name="IncludeAuthorizedOperations">Sent from version 3 on.</param>
public sealed record DescribeGroupsRequest(IReadOnlyList<string> Groups, bool IncludeAuthorizedOperations = false)
    : IKafkaRequest<DescribeGroupsRequest, DescribeGroupsResponse>
{
    public static ApiKey ApiKey => ApiKey.DescribeGroups;

    public static DescribeGroupsRequest Read(ref KafkaReader reader, int version)
        => new(reader.ReadStringArray(), version >= 3 && reader.ReadBoolean());

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteStringArray(Groups);
        if (version >= 3)
        {
            writer.WriteBoolean(IncludeAuthorizedOperations);
        }
    }
}

/// <summary>Where groups stand.</summary>
public sealed record DescribeGroupsResponse(IReadOnlyList<DescribedGroup> Groups, int ThrottleTimeMs = 0)
    : IKafkaStruct<DescribeGroupsResponse>
{
    public static DescribeGroupsResponse Read(ref KafkaReader reader, int version)
    {
        var throttleTimeMs = version >= 1 ? reader.ReadInt32() : 0;
        return new DescribeGroupsResponse(reader.ReadArray<DescribedGroup>(version), throttleTimeMs);
    }

    public void Write(KafkaWriter writer, int version)
    {
        if (version >= 1)
        {
            writer.WriteInt32(ThrottleTimeMs);
        }

        writer.WriteArray(Groups, version);
    }
}

/// <summary>Where one group stands.</summary>
/// <param name="ErrorMessage">Sent from version 6 on.</param>
/// <param name="AuthorizedOperations">Sent from version 3 on.</param>
public sealed record DescribedGroup(
    ErrorCode Error,
    string? ErrorMessage,
    string GroupId,
    string State,
    string ProtocolType,
    string Protocol,
    IReadOnlyList<DescribedMember> Members,
    int AuthorizedOperations = MetadataTopic.OperationsNotAskedFor)
    : IKafkaStruct<DescribedGroup>
{
    public static DescribedGroup Read(ref KafkaReader reader, int version) => new(
        Error: reader.ReadErrorCode(),
        ErrorMessage: version >= 6 ? reader.ReadNullableString() : null,
        GroupId: reader.ReadString(),
        State: reader.ReadString(),
        ProtocolType: reader.ReadString(),
        Protocol: reader.ReadString(),
        Members: reader.ReadArray<DescribedMember>(version),
        AuthorizedOperations: version >= 3 ? reader.ReadInt32() : MetadataTopic.OperationsNotAskedFor);

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteErrorCode(Error);
        if (version >= 6)
        {
            writer.WriteString(ErrorMessage);
        }

        writer.WriteString(GroupId);
        writer.WriteString(State);
        writer.WriteString(ProtocolType);
        writer.WriteString(Protocol);
        writer.WriteArray(Members, version);
        if (version >= 3)
        {
            writer.WriteInt32(AuthorizedOperations);
        }
    }
}

/// <summary>A member as others see it.</summary>
/// <param name="InstanceId">Sent from version 4 on.</param>
public readonly record struct DescribedMember(
    string MemberId, string? InstanceId, string ClientId, string ClientHost, byte[] Metadata, byte[] Assignment)
    : IKafkaStruct<DescribedMember>
{
    public static DescribedMember Read(ref KafkaReader reader, int version) => new(
        MemberId: reader.ReadString(),
        InstanceId: version >= 4 ? reader.ReadNullableString() : null,
        ClientId: reader.ReadString(),
        ClientHost: reader.ReadString(),
        Metadata: reader.ReadByteArray(),
        Assignment: reader.ReadByteArray());

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteString(MemberId);
        if (version >= 4)
        {
            writer.WriteString(InstanceId);
        }

        writer.WriteString(ClientId);
        writer.WriteString(ClientHost);
        writer.WriteBytes(Metadata);
        writer.WriteBytes(Assignment);
    }
}
