namespace OrleansStream.Protocols.Kafka.Messages;

/// <summary>One message of the mechanism chosen before. Versions 0 to 2.</summary>
public sealed record SaslAuthenticateRequest(byte[] Token)
    : IKafkaRequest<SaslAuthenticateRequest, SaslAuthenticateResponse>
{
    public static ApiKey ApiKey => ApiKey.SaslAuthenticate;

    public static SaslAuthenticateRequest Read(ref KafkaReader reader, int version)
        => new(reader.ReadBytes().ToArray());

    public void Write(KafkaWriter writer, int version) => writer.WriteRecords(Token);
}

/// <summary>The mechanism's answer.</summary>
/// <param name="SessionLifetimeMs">How soon the client has to log in again; 0 for never. From version 1 on.</param>
public sealed record SaslAuthenticateResponse(
    ErrorCode Error, string? ErrorMessage, byte[] Token, long SessionLifetimeMs = 0)
    : IKafkaStruct<SaslAuthenticateResponse>
{
    public static SaslAuthenticateResponse Read(ref KafkaReader reader, int version) => new(
        reader.ReadErrorCode(),
        reader.ReadNullableString(),
        reader.ReadBytes().ToArray(),
        version >= 1 ? reader.ReadInt64() : 0);

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteErrorCode(Error);
        writer.WriteString(ErrorMessage);
        writer.WriteRecords(Token);
        if (version >= 1)
        {
            writer.WriteInt64(SessionLifetimeMs);
        }
    }
}
