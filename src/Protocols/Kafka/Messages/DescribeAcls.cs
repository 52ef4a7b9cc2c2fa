using OrleansStream.Contracts;

namespace OrleansStream.Protocols.Kafka.Messages;

/// <summary>Asks for the rules that a filter matches. Versions 1 to 3.</summary>
public sealed record DescribeAclsRequest(AclFilter Filter) : IKafkaRequest<DescribeAclsRequest, DescribeAclsResponse>
{
    public static ApiKey ApiKey => ApiKey.DescribeAcls;

    public static DescribeAclsRequest Read(ref KafkaReader reader, int version)
        => new(AclFields.ReadFilter(ref reader));

    public void Write(KafkaWriter writer, int version) => AclFields.Write(writer, Filter);
}

/// <summary>The rules, by resource.</summary>
public sealed record DescribeAclsResponse(
    ErrorCode Error, string? ErrorMessage, IReadOnlyList<ResourceAcls> Resources, int ThrottleTimeMs = 0)
    : IKafkaStruct<DescribeAclsResponse>
{
    public static DescribeAclsResponse Read(ref KafkaReader reader, int version)
    {
        var throttleTimeMs = reader.ReadInt32();
        return new DescribeAclsResponse(
            reader.ReadErrorCode(),
            reader.ReadNullableString(),
            reader.ReadArray<ResourceAcls>(version),
            throttleTimeMs);
    }

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteInt32(ThrottleTimeMs);
        writer.WriteErrorCode(Error);
        writer.WriteString(ErrorMessage);
        writer.WriteArray(Resources, version);
    }
}

/// <summary>The rules about one pattern of resources.</summary>
public readonly record struct ResourceAcls(
    AclResourceType Type, string Name, AclPatternType PatternType, IReadOnlyList<AclEntry> Acls)
    : IKafkaStruct<ResourceAcls>
{
    public static ResourceAcls Read(ref KafkaReader reader, int version) => new(
        (AclResourceType)reader.ReadInt8(),
        reader.ReadString(),
        (AclPatternType)reader.ReadInt8(),
        reader.ReadArray<AclEntry>(version));

    public void Write(KafkaWriter writer, int version)
    {
        AclFields.WriteResource(writer, Type, Name, PatternType);
        writer.WriteArray(Acls, version);
    }
}

/// <summary>What one rule says.</summary>
public readonly record struct AclEntry(string Principal, string Host, AclOperation Operation, AclPermission Permission)
    : IKafkaStruct<AclEntry>
{
    public static AclEntry Read(ref KafkaReader reader, int version) => new(
        reader.ReadString(), reader.ReadString(), (AclOperation)reader.ReadInt8(), (AclPermission)reader.ReadInt8());

    public void Write(KafkaWriter writer, int version)
        => AclFields.WriteEntry(writer, Principal, Host, Operation, Permission);
}
