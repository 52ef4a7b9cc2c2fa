namespace OrleansStream.Protocols.Kafka.Messages;

/// <summary>Asks for the quotas of all entities that the filters fit. Versions 0 and 1.</summary>
/// <param name="Strict">Whether entities are left out that have a type for which there is no filter.</param>
public sealed record DescribeClientQuotasRequest(IReadOnlyList<QuotaFilter> Filters, bool Strict)
    : IKafkaRequest<DescribeClientQuotasRequest, DescribeClientQuotasResponse>
{
    public static ApiKey ApiKey => ApiKey.DescribeClientQuotas;

    public static DescribeClientQuotasRequest Read(ref KafkaReader reader, int version)
        => new(reader.ReadArray<QuotaFilter>(version), reader.ReadBoolean());

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteArray(Filters, version);
        writer.WriteBoolean(Strict);
    }
}

/// <summary>How a filter compares a name. Wire values.</summary>
public enum QuotaMatch : sbyte
{
    /// <summary>Exactly this name.</summary>
    Exact = 0,

    /// <summary>The default entity of the type.</summary>
    Default = 1,

    /// <summary>Any name, and the default.</summary>
    Any = 2,
}

/// <summary>Which names of one type fit.</summary>
/// <param name="Name">Null unless it has to be exact.</param>
public readonly record struct QuotaFilter(string Type, QuotaMatch Match, string? Name) : IKafkaStruct<QuotaFilter>
{
    public static QuotaFilter Read(ref KafkaReader reader, int version)
        => new(reader.ReadString(), (QuotaMatch)reader.ReadInt8(), reader.ReadNullableString());

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteString(Type);
        writer.WriteInt8((sbyte)Match);
        writer.WriteString(Name);
    }
}

/// <summary>The quotas found.</summary>
/// <param name="Entries">Null on an error.</param>
public sealed record DescribeClientQuotasResponse(
    ErrorCode Error, string? ErrorMessage, IReadOnlyList<DescribedQuota>? Entries, int ThrottleTimeMs = 0)
    : IKafkaStruct<DescribeClientQuotasResponse>
{
    public static DescribeClientQuotasResponse Read(ref KafkaReader reader, int version)
    {
        var throttleTimeMs = reader.ReadInt32();
        return new DescribeClientQuotasResponse(
            Error: reader.ReadErrorCode(),
            ErrorMessage: reader.ReadNullableString(),
            Entries: reader.ReadNullableArray<DescribedQuota>(version),
            ThrottleTimeMs: throttleTimeMs);
    }

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteInt32(ThrottleTimeMs);
        writer.WriteErrorCode(Error);
        writer.WriteString(ErrorMessage);
        writer.WriteArray(Entries, version);
    }
}

/// <summary>What one entity may use.</summary>
public readonly record struct DescribedQuota(IReadOnlyList<QuotaEntityPart> Entity, IReadOnlyList<QuotaValue> Values)
    : IKafkaStruct<DescribedQuota>
{
    public static DescribedQuota Read(ref KafkaReader reader, int version)
        => new(reader.ReadArray<QuotaEntityPart>(version), reader.ReadArray<QuotaValue>(version));

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteArray(Entity, version);
        writer.WriteArray(Values, version);
    }
}

/// <summary>One part of what makes an entity: its type, such as "user", and its name.</summary>
/// <param name="Name">Null for the default entity of the type.</param>
public readonly record struct QuotaEntityPart(string Type, string? Name) : IKafkaStruct<QuotaEntityPart>
{
    public static QuotaEntityPart Read(ref KafkaReader reader, int version)
        => new(reader.ReadString(), reader.ReadNullableString());

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteString(Type);
        writer.WriteString(Name);
    }
}

/// <summary>One quota.</summary>
public readonly record struct QuotaValue(string Name, double Value) : IKafkaStruct<QuotaValue>
{
    public static QuotaValue Read(ref KafkaReader reader, int version)
        => new(reader.ReadString(), reader.ReadFloat64());

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteString(Name);
        writer.WriteFloat64(Value);
    }
}
