namespace OrleansStream.Protocols.Kafka.Messages;

/// <summary>Asks for an id that marks a producer's batches, so that retries are stored once. Versions 0 to 5.</summary>
/// <param name="TransactionalId">Null for a producer that is idempotent only.</param>
/// <param name="ProducerId">The id the producer has and wants a new epoch of; -1 for a new id.</param>
public sealed record InitProducerIdRequest(
    string? TransactionalId, int TransactionTimeoutMs, long ProducerId = -1, short ProducerEpoch = -1)
    : IKafkaRequest<InitProducerIdRequest, InitProducerIdResponse>
{
    public static ApiKey ApiKey => ApiKey.InitProducerId;

    public static InitProducerIdRequest Read(ref KafkaReader reader, int version) => new(
        TransactionalId: reader.ReadNullableString(),
        TransactionTimeoutMs: reader.ReadInt32(),
        ProducerId: version >= 3 ? reader.ReadInt64() : -1,
        ProducerEpoch: version >= 3 ? reader.ReadInt16() : (short)-1);

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteString(TransactionalId);
        writer.WriteInt32(TransactionTimeoutMs);
        if (version >= 3)
        {
            writer.WriteInt64(ProducerId);
            writer.WriteInt16(ProducerEpoch);
        }
    }
}

/// <summary>The id and epoch given, or -1 and -1.</summary>
public sealed record InitProducerIdResponse(
    ErrorCode Error, long ProducerId = -1, short ProducerEpoch = -1, int ThrottleTimeMs = 0)
    : IKafkaStruct<InitProducerIdResponse>
{
    public static InitProducerIdResponse Read(ref KafkaReader reader, int version)
    {
        var throttleTimeMs = reader.ReadInt32();
        return new InitProducerIdResponse(
            reader.ReadErrorCode(), reader.ReadInt64(), reader.ReadInt16(), throttleTimeMs);
    }

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteInt32(ThrottleTimeMs);
        writer.WriteErrorCode(Error);
        writer.WriteInt64(ProducerId);
        writer.WriteInt16(ProducerEpoch);
    }
}
