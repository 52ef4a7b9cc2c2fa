using OrleansStream.Contracts;

namespace OrleansStream.Protocols.Kafka.Messages;

/// <summary>Deletes the rules that filters match. Versions 1 to 3.</summary>
public sealed record DeleteAclsRequest(IReadOnlyList<AclDeletionFilter> Filters)
    : IKafkaRequest<DeleteAclsRequest, DeleteAclsResponse>
{
    public static ApiKey ApiKey => ApiKey.DeleteAcls;

    public static DeleteAclsRequest Read(ref KafkaReader reader, int version)
        => new(reader.ReadArray<AclDeletionFilter>(version));

    public void Write(KafkaWriter writer, int version) => writer.WriteArray(Filters, version);
}

/// <summary>Which rules are to be deleted.</summary>
public readonly record struct AclDeletionFilter(AclFilter Filter) : IKafkaStruct<AclDeletionFilter>
{
    public static AclDeletionFilter Read(ref KafkaReader reader, int version) => new(AclFields.ReadFilter(ref reader));

    public void Write(KafkaWriter writer, int version) => AclFields.Write(writer, Filter);
}

/// <summary>What each filter deleted, in the order of the request.</summary>
public sealed record DeleteAclsResponse(IReadOnlyList<FilteredDeletion> Results, int ThrottleTimeMs = 0)
    : IKafkaStruct<DeleteAclsResponse>
{
    public static DeleteAclsResponse Read(ref KafkaReader reader, int version)
    {
        var throttleTimeMs = reader.ReadInt32();
        return new DeleteAclsResponse(reader.ReadArray<FilteredDeletion>(version), throttleTimeMs);
    }

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteInt32(ThrottleTimeMs);
        writer.WriteArray(Results, version);
    }
}

/// <summary>What one filter deleted.</summary>
public readonly record struct FilteredDeletion(
    ErrorCode Error, string? ErrorMessage, IReadOnlyList<DeletedAcl> Acls) : IKafkaStruct<FilteredDeletion>
{
    public static FilteredDeletion Read(ref KafkaReader reader, int version)
        => new(reader.ReadErrorCode(), reader.ReadNullableString(), reader.ReadArray<DeletedAcl>(version));

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteErrorCode(Error);
        writer.WriteString(ErrorMessage);
        writer.WriteArray(Acls, version);
    }
}

/// <summary>A rule that was deleted, or could not be.</summary>
public readonly record struct DeletedAcl(ErrorCode Error, string? ErrorMessage, AclBinding Acl)
    : IKafkaStruct<DeletedAcl>
{
    public static DeletedAcl Read(ref KafkaReader reader, int version)
        => new(reader.ReadErrorCode(), reader.ReadNullableString(), AclFields.ReadAcl(ref reader));

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteErrorCode(Error);
        writer.WriteString(ErrorMessage);
        AclFields.Write(writer, Acl);
    }
}
