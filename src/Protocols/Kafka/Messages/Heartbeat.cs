namespace OrleansStream.Protocols.Kafka.Messages;

/// <summary>Says that a member of a group is alive. Versions 0 to 4.</summary>
/// <param name="InstanceId">Sent from version 3 on.</param>
public sealed record HeartbeatRequest(string GroupId, int GenerationId, string MemberId, string? InstanceId = null)
    : IKafkaRequest<HeartbeatRequest, HeartbeatResponse>
{
    public static ApiKey ApiKey => ApiKey.Heartbeat;

    public static HeartbeatRequest Read(ref KafkaReader reader, int version) => new(
        GroupId: reader.ReadString(),
        GenerationId: reader.ReadInt32(),
        MemberId: reader.ReadString(),
        InstanceId: version >= 3 ? reader.ReadNullableString() : null);

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteString(GroupId);
        writer.WriteInt32(GenerationId);
        writer.WriteString(MemberId);
        if (version >= 3)
        {
            writer.WriteString(InstanceId);
        }
    }
}

/// <summary>Whether the member may go on.</summary>
public sealed record HeartbeatResponse(ErrorCode Error, int ThrottleTimeMs = 0) : IKafkaStruct<HeartbeatResponse>
{
    public static HeartbeatResponse Read(ref KafkaReader reader, int version)
    {
        var throttleTimeMs = version >= 1 ? reader.ReadInt32() : 0;
        return new HeartbeatResponse(reader.ReadErrorCode(), throttleTimeMs);
    }

    public void Write(KafkaWriter writer, int version)
    {
        if (version >= 1)
        {
            writer.WriteInt32(ThrottleTimeMs);
        }

        writer.WriteErrorCode(Error);
    }
}
