namespace OrleansStream.Protocols.Kafka.Messages;

/// <summary>Hands in the assignments of a generation, and asks for one's own. Versions 0 to 5.</summary>
/// <param name="InstanceId">Sent from version 3 on.</param>
/// <param name="ProtocolType">Sent from version 5 on, as is <paramref name="ProtocolName"/>.</param>
/// <param name="Assignments">From the leader only.</param>
public sealed record SyncGroupRequest(
    string GroupId,
    int GenerationId,
    string MemberId,
    string? InstanceId,
    string? ProtocolType,
    string? ProtocolName,
    IReadOnlyList<SyncGroupAssignment> Assignments)
    : IKafkaRequest<SyncGroupRequest, SyncGroupResponse>
{
    public static ApiKey ApiKey => ApiKey.SyncGroup;

    public static SyncGroupRequest Read(ref KafkaReader reader, int version) => new(
        GroupId: reader.ReadString(),
        GenerationId: reader.ReadInt32(),
        MemberId: reader.ReadString(),
        InstanceId: version >= 3 ? reader.ReadNullableString() : null,
        ProtocolType: version >= 5 ? reader.ReadNullableString() : null,
        ProtocolName: version >= 5 ? reader.ReadNullableString() : null,
        Assignments: reader.ReadArray<SyncGroupAssignment>(version));

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteString(GroupId);
        writer.WriteInt32(GenerationId);
        writer.WriteString(MemberId);
        if (version >= 3)
        {
            writer.WriteString(InstanceId);
        }

        if (version >= 5)
        {
            writer.WriteString(ProtocolType);
            writer.WriteString(ProtocolName);
        }

        writer.WriteArray(Assignments, version);
    }
}

/// <summary>What the leader gives a member to do.</summary>
public readonly record struct SyncGroupAssignment(string MemberId, byte[] Assignment)
    : IKafkaStruct<SyncGroupAssignment>
{
    public static SyncGroupAssignment Read(ref KafkaReader reader, int version)
        => new(reader.ReadString(), reader.ReadByteArray());

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteString(MemberId);
        writer.WriteBytes(Assignment);
    }
}

/// <summary>One's assignment.</summary>
/// <param name="ProtocolType">Sent from version 5 on, as is <paramref name="ProtocolName"/>.</param>
public sealed record SyncGroupResponse(
    ErrorCode Error, string? ProtocolType, string? ProtocolName, byte[] Assignment, int ThrottleTimeMs = 0)
    : IKafkaStruct<SyncGroupResponse>
{
    public static SyncGroupResponse Read(ref KafkaReader reader, int version)
    {
        var throttleTimeMs = version >= 1 ? reader.ReadInt32() : 0;
        return new SyncGroupResponse(
            Error: reader.ReadErrorCode(),
            ProtocolType: version >= 5 ? reader.ReadNullableString() : null,
            ProtocolName: version >= 5 ? reader.ReadNullableString() : null,
            Assignment: reader.ReadByteArray(),
            ThrottleTimeMs: throttleTimeMs);
    }

    public void Write(KafkaWriter writer, int version)
    {
        if (version >= 1)
        {
            writer.WriteInt32(ThrottleTimeMs);
        }

        writer.WriteErrorCode(Error);
        if (version >= 5)
        {
            writer.WriteString(ProtocolType);
            writer.WriteString(ProtocolName);
        }

        writer.WriteBytes(Assignment);
    }
}
