namespace OrleansStream.Protocols.Kafka.Messages;

/// <summary>Sets and removes quotas. Versions 0 and 1.</summary>
/// <param name="ValidateOnly">Check everything, change nothing.</param>
public sealed record AlterClientQuotasRequest(IReadOnlyList<AlterableQuota> Entries, bool ValidateOnly)
    : IKafkaRequest<AlterClientQuotasRequest, AlterClientQuotasResponse>
{
    public static ApiKey ApiKey => ApiKey.AlterClientQuotas;

    public static AlterClientQuotasRequest Read(ref KafkaReader reader, int version)
        => new(reader.ReadArray<AlterableQuota>(version), reader.ReadBoolean());

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteArray(Entries, version);
        writer.WriteBoolean(ValidateOnly);
    }
}

/// <summary>The changes to one entity.</summary>
public readonly record struct AlterableQuota(
    IReadOnlyList<QuotaEntityPart> Entity, IReadOnlyList<QuotaOperation> Operations) : IKafkaStruct<AlterableQuota>
{
    public static AlterableQuota Read(ref KafkaReader reader, int version)
        => new(reader.ReadArray<QuotaEntityPart>(version), reader.ReadArray<QuotaOperation>(version));

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteArray(Entity, version);
        writer.WriteArray(Operations, version);
    }
}

/// <summary>One change.</summary>
/// <param name="Value">Means nothing when the quota is removed.</param>
public readonly record struct QuotaOperation(string Name, double Value, bool Remove) : IKafkaStruct<QuotaOperation>
{
    public static QuotaOperation Read(ref KafkaReader reader, int version)
        => new(reader.ReadString(), reader.ReadFloat64(), reader.ReadBoolean());

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteString(Name);
        writer.WriteFloat64(Value);
        writer.WriteBoolean(Remove);
    }
}

/// <summary>What became of each entity's changes.</summary>
public sealed record AlterClientQuotasResponse(IReadOnlyList<AlteredQuota> Entries, int ThrottleTimeMs = 0)
    : IKafkaStruct<AlterClientQuotasResponse>
{
    public static AlterClientQuotasResponse Read(ref KafkaReader reader, int version)
    {
        var throttleTimeMs = reader.ReadInt32();
        return new AlterClientQuotasResponse(reader.ReadArray<AlteredQuota>(version), throttleTimeMs);
    }

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteInt32(ThrottleTimeMs);
        writer.WriteArray(Entries, version);
    }
}

/// <summary>Whether the changes to one entity were made; all of them or none.</summary>
public readonly record struct AlteredQuota(
    ErrorCode Error, string? ErrorMessage, IReadOnlyList<QuotaEntityPart> Entity) : IKafkaStruct<AlteredQuota>
{
    public static AlteredQuota Read(ref KafkaReader reader, int version)
        => new(reader.ReadErrorCode(), reader.ReadNullableString(), reader.ReadArray<QuotaEntityPart>(version));

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteErrorCode(Error);
        writer.WriteString(ErrorMessage);
        writer.WriteArray(Entity, version);
    }
}
