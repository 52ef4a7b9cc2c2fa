namespace OrleansStream.Protocols.Kafka.Messages;

/// <summary>Asks how far groups have read. Versions 1 to 9.</summary>
/// <param name="Groups">Exactly one before version 8.</param>
/// <param name="RequireStable">Whether to wait for open transactions. Sent from version 7 on.</param>
public sealed record OffsetFetchRequest(IReadOnlyList<OffsetFetchGroup> Groups, bool RequireStable = false)
    : IKafkaRequest<OffsetFetchRequest, OffsetFetchResponse>
{
    public static ApiKey ApiKey => ApiKey.OffsetFetch;

    public static OffsetFetchRequest Read(ref KafkaReader reader, int version) => new(
        Groups: version >= 8 ? reader.ReadArray<OffsetFetchGroup>(version) : [ReadOnly(ref reader, version)],
        RequireStable: version >= 7 && reader.ReadBoolean());

    public void Write(KafkaWriter writer, int version)
    {
        if (version >= 8)
        {
            writer.WriteArray(Groups, version);
        }
        else
        {
            writer.WriteString(Groups[0].GroupId);
            writer.WriteArray(Groups[0].Topics, version);
        }

        if (version >= 7)
        {
            writer.WriteBoolean(RequireStable);
        }
    }

    // Before version 8 the one group lies in the request itself.
    private static OffsetFetchGroup ReadOnly(ref KafkaReader reader, int version) => new(
        GroupId: reader.ReadString(),
        Topics: version >= 2
            ? reader.ReadNullableArray<PartitionNumbers>(version)
            : reader.ReadArray<PartitionNumbers>(version));
}

/// <summary>A group asked about.</summary>
/// <param name="Topics">Null, from version 2 on, for all there are.</param>
/// <param name="MemberId">Sent from version 9 on, as is <paramref name="MemberEpoch"/>.</param>
public readonly record struct OffsetFetchGroup(
    string GroupId, IReadOnlyList<PartitionNumbers>? Topics, string? MemberId = null, int MemberEpoch = -1)
    : IKafkaStruct<OffsetFetchGroup>
{
    public static OffsetFetchGroup Read(ref KafkaReader reader, int version)
    {
        var groupId = reader.ReadString();
        var memberId = version >= 9 ? reader.ReadNullableString() : null;
        var memberEpoch = version >= 9 ? reader.ReadInt32() : -1;
        return new OffsetFetchGroup(
            groupId, reader.ReadNullableArray<PartitionNumbers>(version), memberId, memberEpoch);
    }

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteString(GroupId);
        if (version >= 9)
        {
            writer.WriteString(MemberId);
            writer.WriteInt32(MemberEpoch);
        }

        writer.WriteArray(Topics, version);
    }
}

/// <summary>How far groups have read.</summary>
/// <param name="Groups">Exactly one before version 8.</param>
public sealed record OffsetFetchResponse(IReadOnlyList<OffsetFetchedGroup> Groups, int ThrottleTimeMs = 0)
    : IKafkaStruct<OffsetFetchResponse>
{
    public static OffsetFetchResponse Read(ref KafkaReader reader, int version)
    {
        var throttleTimeMs = version >= 3 ? reader.ReadInt32() : 0;
        return new OffsetFetchResponse(
            version >= 8 ? reader.ReadArray<OffsetFetchedGroup>(version) : [ReadOnly(ref reader, version)],
            throttleTimeMs);
    }

    public void Write(KafkaWriter writer, int version)
    {
        if (version >= 3)
        {
            writer.WriteInt32(ThrottleTimeMs);
        }

        if (version >= 8)
        {
            writer.WriteArray(Groups, version);
            return;
        }

        writer.WriteArray(Groups[0].Topics, version);
        if (version >= 2)
        {
            writer.WriteErrorCode(Groups[0].Error);
        }
    }

    private static OffsetFetchedGroup ReadOnly(ref KafkaReader reader, int version) => new(
        GroupId: "",
        Topics: reader.ReadArray<PerTopic<OffsetFetchedPartition>>(version),
        Error: version >= 2 ? reader.ReadErrorCode() : ErrorCode.None);
}

/// <summary>How far one group has read.</summary>
/// <param name="GroupId">Empty before version 8, where there is only one.</param>
/// <param name="Error">Sent from version 2 on; in version 1 every partition repeats it.</param>
public readonly record struct OffsetFetchedGroup(
    string GroupId, IReadOnlyList<PerTopic<OffsetFetchedPartition>> Topics, ErrorCode Error = ErrorCode.None)
    : IKafkaStruct<OffsetFetchedGroup>
{
    public static OffsetFetchedGroup Read(ref KafkaReader reader, int version) => new(
        reader.ReadString(), reader.ReadArray<PerTopic<OffsetFetchedPartition>>(version), reader.ReadErrorCode());

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteString(GroupId);
        writer.WriteArray(Topics, version);
        writer.WriteErrorCode(Error);
    }
}

/// <summary>How far one partition was read.</summary>
/// <param name="Offset">-1 when nothing is committed.</param>
/// <param name="LeaderEpoch">-1 when unknown. Sent from version 5 on.</param>
public readonly record struct OffsetFetchedPartition(
    int Index, long Offset, int LeaderEpoch, string? Metadata, ErrorCode Error)
    : IKafkaStruct<OffsetFetchedPartition>
{
    public static OffsetFetchedPartition Read(ref KafkaReader reader, int version) => new(
        Index: reader.ReadInt32(),
        Offset: reader.ReadInt64(),
        LeaderEpoch: version >= 5 ? reader.ReadInt32() : -1,
        Metadata: reader.ReadNullableString(),
        Error: reader.ReadErrorCode());

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteInt32(Index);
        writer.WriteInt64(Offset);
        if (version >= 5)
        {
            writer.WriteInt32(LeaderEpoch);
        }

        writer.WriteString(Metadata);
        writer.WriteErrorCode(Error);
    }
}
