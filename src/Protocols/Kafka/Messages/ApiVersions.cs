namespace OrleansStream.Protocols.Kafka.Messages;

/// <summary>Asks which APIs and versions a node speaks; the first request of a client. Versions 0 to 4.</summary>
public sealed record ApiVersionsRequest(string ClientSoftwareName = "", string ClientSoftwareVersion = "")
    : IKafkaRequest<ApiVersionsRequest, ApiVersionsResponse>
{
    public static ApiKey ApiKey => ApiKey.ApiVersions;

    public static ApiVersionsRequest Read(ref KafkaReader reader, int version) => new(
        ClientSoftwareName: version >= 3 ? reader.ReadString() : "",
        ClientSoftwareVersion: version >= 3 ? reader.ReadString() : "");

    public void Write(KafkaWriter writer, int version)
    {
        if (version >= 3)
        {
            writer.WriteString(ClientSoftwareName);
            writer.WriteString(ClientSoftwareVersion);
        }
    }
}

/// <summary>The APIs and versions spoken.</summary>
public sealed record ApiVersionsResponse(
    ErrorCode Error, IReadOnlyList<ApiVersionRange> ApiKeys, int ThrottleTimeMs = 0)
    : IKafkaStruct<ApiVersionsResponse>
{
    public static ApiVersionsResponse Read(ref KafkaReader reader, int version) => new(
        Error: reader.ReadErrorCode(),
        ApiKeys: reader.ReadArray<ApiVersionRange>(version),
        ThrottleTimeMs: version >= 1 ? reader.ReadInt32() : 0);

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteErrorCode(Error);
        writer.WriteArray(ApiKeys, version);
        if (version >= 1)
        {
            writer.WriteInt32(ThrottleTimeMs);
        }
    }
}

/// <summary>The versions spoken of one API.</summary>
public readonly record struct ApiVersionRange(ApiKey Key, short Min, short Max) : IKafkaStruct<ApiVersionRange>
{
    public static ApiVersionRange Read(ref KafkaReader reader, int version)
        => new((ApiKey)reader.ReadInt16(), reader.ReadInt16(), reader.ReadInt16());

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteInt16((short)Key);
        writer.WriteInt16(Min);
        writer.WriteInt16(Max);
    }
}
