using OrleansStream.Contracts;

namespace OrleansStream.Protocols.Kafka.Messages;

/// <summary>Adds rules. Versions 1 to 3.</summary>
public sealed record CreateAclsRequest(IReadOnlyList<AclCreation> Creations)
    : IKafkaRequest<CreateAclsRequest, CreateAclsResponse>
{
    public static ApiKey ApiKey => ApiKey.CreateAcls;

    public static CreateAclsRequest Read(ref KafkaReader reader, int version)
        => new(reader.ReadArray<AclCreation>(version));

    public void Write(KafkaWriter writer, int version) => writer.WriteArray(Creations, version);
}

/// <summary>A rule to be added.</summary>
public readonly record struct AclCreation(AclBinding Acl) : IKafkaStruct<AclCreation>
{
    public static AclCreation Read(ref KafkaReader reader, int version) => new(AclFields.ReadAcl(ref reader));

    public void Write(KafkaWriter writer, int version) => AclFields.Write(writer, Acl);
}

/// <summary>What became of each, in the order of the request.</summary>
public sealed record CreateAclsResponse(IReadOnlyList<AclCreated> Results, int ThrottleTimeMs = 0)
    : IKafkaStruct<CreateAclsResponse>
{
    public static CreateAclsResponse Read(ref KafkaReader reader, int version)
    {
        var throttleTimeMs = reader.ReadInt32();
        return new CreateAclsResponse(reader.ReadArray<AclCreated>(version), throttleTimeMs);
    }

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteInt32(ThrottleTimeMs);
        writer.WriteArray(Results, version);
    }
}

/// <summary>What became of one rule.</summary>
public readonly record struct AclCreated(ErrorCode Error, string? ErrorMessage = null) : IKafkaStruct<AclCreated>
{
    public static AclCreated Read(ref KafkaReader reader, int version)
        => new(reader.ReadErrorCode(), reader.ReadNullableString());

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteErrorCode(Error);
        writer.WriteString(ErrorMessage);
    }
}
