namespace OrleansStream.Protocols.Kafka.Messages;

/// <summary>Asks to become, or to stay, a member of a group. Versions 0 to 9.</summary>
/// <param name="RebalanceTimeoutMs">-1 in version 0, where the session timeout counts for both.</param>
/// <param name="MemberId">Empty the first time.</param>
/// <param name="InstanceId">Sent from version 5 on.</param>
/// <param name="Protocols">In order of preference.</param>
/// <param name="Reason">Sent from version 8 on.</param>
public sealed record JoinGroupRequest(
    string GroupId,
    int SessionTimeoutMs,
    int RebalanceTimeoutMs,
    string MemberId,
    string? InstanceId,
    string ProtocolType,
    IReadOnlyList<JoinGroupProtocol> Protocols,
    string? Reason = null)
    : IKafkaRequest<JoinGroupRequest, JoinGroupResponse>
{
    public static ApiKey ApiKey => ApiKey.JoinGroup;

    public static JoinGroupRequest Read(ref KafkaReader reader, int version) => new(
        GroupId: reader.ReadString(),
        SessionTimeoutMs: reader.ReadInt32(),
        RebalanceTimeoutMs: version >= 1 ? reader.ReadInt32() : -1,
        MemberId: reader.ReadString(),
        InstanceId: version >= 5 ? reader.ReadNullableString() : null,
        ProtocolType: reader.ReadString(),
        Protocols: reader.ReadArray<JoinGroupProtocol>(version),
        Reason: version >= 8 ? reader.ReadNullableString() : null);

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteString(GroupId);
        writer.WriteInt32(SessionTimeoutMs);
        if (version >= 1)
        {
            writer.WriteInt32(RebalanceTimeoutMs);
        }

        writer.WriteString(MemberId);
        if (version >= 5)
        {
            writer.WriteString(InstanceId);
        }

        writer.WriteString(ProtocolType);
        writer.WriteArray(Protocols, version);
        if (version >= 8)
        {
            writer.WriteString(Reason);
        }
    }
}

/// <summary>A way to divide partitions that a member offers, and what it says about itself in it.</summary>
public readonly record struct JoinGroupProtocol(string Name, byte[] Metadata) : IKafkaStruct<JoinGroupProtocol>
{
    public static JoinGroupProtocol Read(ref KafkaReader reader, int version)
        => new(reader.ReadString(), reader.ReadByteArray());

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteString(Name);
        writer.WriteBytes(Metadata);
    }
}

/// <summary>The generation that was formed.</summary>
/// <param name="ProtocolType">Sent from version 7 on.</param>
/// <param name="ProtocolName">Null is sent as empty before version 7.</param>
/// <param name="SkipAssignment">Sent from version 9 on.</param>
/// <param name="Members">Everybody, for the leader; empty for all others.</param>
public sealed record JoinGroupResponse(
    ErrorCode Error,
    int GenerationId,
    string? ProtocolType,
    string? ProtocolName,
    string LeaderId,
    bool SkipAssignment,
    string MemberId,
    IReadOnlyList<JoinGroupMember> Members,
    int ThrottleTimeMs = 0)
    : IKafkaStruct<JoinGroupResponse>
{
    public static JoinGroupResponse Read(ref KafkaReader reader, int version)
    {
        var throttleTimeMs = version >= 2 ? reader.ReadInt32() : 0;
        return new JoinGroupResponse(
            Error: reader.ReadErrorCode(),
            GenerationId: reader.ReadInt32(),
            ProtocolType: version >= 7 ? reader.ReadNullableString() : null,
            ProtocolName: version >= 7 ? reader.ReadNullableString() : reader.ReadString(),
            LeaderId: reader.ReadString(),
            SkipAssignment: version >= 9 && reader.ReadBoolean(),
            MemberId: reader.ReadString(),
            Members: reader.ReadArray<JoinGroupMember>(version),
            ThrottleTimeMs: throttleTimeMs);
    }

    public void Write(KafkaWriter writer, int version)
    {
        if (version >= 2)
        {
            writer.WriteInt32(ThrottleTimeMs);
        }

        writer.WriteErrorCode(Error);
        writer.WriteInt32(GenerationId);
        if (version >= 7)
        {
            writer.WriteString(ProtocolType);
        }

        writer.WriteString(version >= 7 ? ProtocolName : ProtocolName ?? "");
        writer.WriteString(LeaderId);
        if (version >= 9)
        {
            writer.WriteBoolean(SkipAssignment);
        }

        writer.WriteString(MemberId);
        writer.WriteArray(Members, version);
    }
}

/// <summary>A member as the leader sees it when it assigns.</summary>
/// <param name="InstanceId">Sent from version 5 on.</param>
public readonly record struct JoinGroupMember(string MemberId, string? InstanceId, byte[] Metadata)
    : IKafkaStruct<JoinGroupMember>
{
    public static JoinGroupMember Read(ref KafkaReader reader, int version) => new(
        MemberId: reader.ReadString(),
        InstanceId: version >= 5 ? reader.ReadNullableString() : null,
        Metadata: reader.ReadByteArray());

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteString(MemberId);
        if (version >= 5)
        {
            writer.WriteString(InstanceId);
        }

        writer.WriteBytes(Metadata);
    }
}
