namespace OrleansStream.Protocols.Kafka.Messages;

/// <summary>Says by which mechanism the client wants to log in. Version 1; version 0 is only refused.</summary>
public sealed record SaslHandshakeRequest(string Mechanism)
    : IKafkaRequest<SaslHandshakeRequest, SaslHandshakeResponse>
{
    public static ApiKey ApiKey => ApiKey.SaslHandshake;

    public static SaslHandshakeRequest Read(ref KafkaReader reader, int version) => new(reader.ReadString());

    public void Write(KafkaWriter writer, int version) => writer.WriteString(Mechanism);
}

/// <summary>Whether it may, and by which it could.</summary>
public sealed record SaslHandshakeResponse(ErrorCode Error, IReadOnlyList<string> Mechanisms)
    : IKafkaStruct<SaslHandshakeResponse>
{
    public static SaslHandshakeResponse Read(ref KafkaReader reader, int version)
        => new(reader.ReadErrorCode(), reader.ReadStringArray());

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteErrorCode(Error);
        writer.WriteStringArray(Mechanisms);
    }
}
