namespace OrleansStream.Protocols.Kafka.Messages;

/// <summary>Asks which node coordinates groups or transactions. Versions 0 to 6.</summary>
/// <param name="KeyType">See the constants.</param>
/// <param name="Keys">Exactly one before version 4.</param>
public sealed record FindCoordinatorRequest(sbyte KeyType, IReadOnlyList<string> Keys)
    : IKafkaRequest<FindCoordinatorRequest, FindCoordinatorResponse>
{
    public const sbyte Group = 0;
    public const sbyte Transaction = 1;

    public static ApiKey ApiKey => ApiKey.FindCoordinator;

    public static FindCoordinatorRequest Read(ref KafkaReader reader, int version)
    {
        var key = version <= 3 ? reader.ReadString() : null;
        var keyType = version >= 1 ? reader.ReadInt8() : Group;
        return new FindCoordinatorRequest(keyType, key is null ? reader.ReadStringArray() : [key]);
    }

    public void Write(KafkaWriter writer, int version)
    {
        if (version <= 3)
        {
            writer.WriteString(Keys[0]);
        }

        if (version >= 1)
        {
            writer.WriteInt8(KeyType);
        }

        if (version >= 4)
        {
            writer.WriteStringArray(Keys);
        }
    }
}

/// <summary>The coordinators found, one per key.</summary>
public sealed record FindCoordinatorResponse(IReadOnlyList<Coordinator> Coordinators, int ThrottleTimeMs = 0)
    : IKafkaStruct<FindCoordinatorResponse>
{
    public static FindCoordinatorResponse Read(ref KafkaReader reader, int version)
    {
        var throttleTimeMs = version >= 1 ? reader.ReadInt32() : 0;
        return new FindCoordinatorResponse(
            version >= 4 ? reader.ReadArray<Coordinator>(version) : [ReadOnly(ref reader, version)],
            throttleTimeMs);
    }

    public void Write(KafkaWriter writer, int version)
    {
        if (version >= 1)
        {
            writer.WriteInt32(ThrottleTimeMs);
        }

        if (version >= 4)
        {
            writer.WriteArray(Coordinators, version);
        }
        else
        {
            WriteOnly(writer, version, Coordinators[0]);
        }
    }

    // Before version 4 the one coordinator lies in the response itself, without its key and in another order.
    private static Coordinator ReadOnly(ref KafkaReader reader, int version)
    {
        var error = reader.ReadErrorCode();
        var message = version >= 1 ? reader.ReadNullableString() : null;
        return new Coordinator("", reader.ReadInt32(), reader.ReadString(), reader.ReadInt32(), error, message);
    }

    private static void WriteOnly(KafkaWriter writer, int version, in Coordinator coordinator)
    {
        writer.WriteErrorCode(coordinator.Error);
        if (version >= 1)
        {
            writer.WriteString(coordinator.ErrorMessage);
        }

        writer.WriteInt32(coordinator.NodeId);
        writer.WriteString(coordinator.Host);
        writer.WriteInt32(coordinator.Port);
    }
}

/// <summary>Who coordinates one key.</summary>
/// <param name="Key">Empty before version 4, where there is only one.</param>
public readonly record struct Coordinator(
    string Key, int NodeId, string Host, int Port, ErrorCode Error = ErrorCode.None, string? ErrorMessage = null)
    : IKafkaStruct<Coordinator>
{
    public static Coordinator Read(ref KafkaReader reader, int version) => new(
        Key: reader.ReadString(),
        NodeId: reader.ReadInt32(),
        Host: reader.ReadString(),
        Port: reader.ReadInt32(),
        Error: reader.ReadErrorCode(),
        ErrorMessage: reader.ReadNullableString());

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteString(Key);
        writer.WriteInt32(NodeId);
        writer.WriteString(Host);
        writer.WriteInt32(Port);
        writer.WriteErrorCode(Error);
        writer.WriteString(ErrorMessage);
    }
}
