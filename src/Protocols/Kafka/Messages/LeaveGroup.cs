namespace OrleansStream.Protocols.Kafka.Messages;

/// <summary>Takes members out of a group. Versions 0 to 5.</summary>
/// <param name="Members">Exactly one before version 3.</param>
public sealed record LeaveGroupRequest(string GroupId, IReadOnlyList<LeavingGroupMember> Members)
    : IKafkaRequest<LeaveGroupRequest, LeaveGroupResponse>
{
    public static ApiKey ApiKey => ApiKey.LeaveGroup;

    public static LeaveGroupRequest Read(ref KafkaReader reader, int version) => new(
        GroupId: reader.ReadString(),
        Members: version >= 3
            ? reader.ReadArray<LeavingGroupMember>(version)
            : [new LeavingGroupMember(reader.ReadString())]);

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteString(GroupId);
        if (version >= 3)
        {
            writer.WriteArray(Members, version);
        }
        else
        {
            writer.WriteString(Members[0].MemberId);
        }
    }
}

/// <summary>A member that leaves.</summary>
/// <param name="MemberId">May be empty where the instance id says who it is.</param>
/// <param name="Reason">Sent from version 5 on.</param>
public readonly record struct LeavingGroupMember(string MemberId, string? InstanceId = null, string? Reason = null)
    : IKafkaStruct<LeavingGroupMember>
{
    public static LeavingGroupMember Read(ref KafkaReader reader, int version) => new(
        MemberId: reader.ReadString(),
        InstanceId: reader.ReadNullableString(),
        Reason: version >= 5 ? reader.ReadNullableString() : null);

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteString(MemberId);
        writer.WriteString(InstanceId);
        if (version >= 5)
        {
            writer.WriteString(Reason);
        }
    }
}

/// <summary>What became of each member.</summary>
/// <param name="Members">Sent from version 3 on; before, the error is that of the one member.</param>
public sealed record LeaveGroupResponse(ErrorCode Error, IReadOnlyList<LeftGroupMember> Members, int ThrottleTimeMs = 0)
    : IKafkaStruct<LeaveGroupResponse>
{
    public static LeaveGroupResponse Read(ref KafkaReader reader, int version)
    {
        var throttleTimeMs = version >= 1 ? reader.ReadInt32() : 0;
        return new LeaveGroupResponse(
            Error: reader.ReadErrorCode(),
            Members: version >= 3 ? reader.ReadArray<LeftGroupMember>(version) : [],
            ThrottleTimeMs: throttleTimeMs);
    }

    public void Write(KafkaWriter writer, int version)
    {
        if (version >= 1)
        {
            writer.WriteInt32(ThrottleTimeMs);
        }

        writer.WriteErrorCode(Error);
        if (version >= 3)
        {
            writer.WriteArray(Members, version);
        }
    }
}

/// <summary>Whether one member left.</summary>
public readonly record struct LeftGroupMember(string MemberId, string? InstanceId, ErrorCode Error)
    : IKafkaStruct<LeftGroupMember>
{
    public static LeftGroupMember Read(ref KafkaReader reader, int version)
        => new(reader.ReadString(), reader.ReadNullableString(), reader.ReadErrorCode());

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteString(MemberId);
        writer.WriteString(InstanceId);
        writer.WriteErrorCode(Error);
    }
}
