using OrleansStream.Contracts;

namespace OrleansStream.Protocols.Kafka.Messages;

/// <summary>The fields of rules and filters, which several messages share.</summary>
internal static class AclFields
{
    public static AclBinding ReadAcl(ref KafkaReader reader) => new(
        (AclResourceType)reader.ReadInt8(),
        reader.ReadString(),
        (AclPatternType)reader.ReadInt8(),
        reader.ReadString(),
        reader.ReadString(),
        (AclOperation)reader.ReadInt8(),
        (AclPermission)reader.ReadInt8());

    public static AclFilter ReadFilter(ref KafkaReader reader) => new(
        (AclResourceType)reader.ReadInt8(),
        reader.ReadNullableString(),
        (AclPatternType)reader.ReadInt8(),
        reader.ReadNullableString(),
        reader.ReadNullableString(),
        (AclOperation)reader.ReadInt8(),
        (AclPermission)reader.ReadInt8());

    public static void Write(KafkaWriter writer, AclBinding acl)
    {
        WriteResource(writer, acl.ResourceType, acl.ResourceName, acl.PatternType);
        WriteEntry(writer, acl.Principal, acl.Host, acl.Operation, acl.Permission);
    }

    public static void Write(KafkaWriter writer, AclFilter filter)
    {
        WriteResource(writer, filter.ResourceType, filter.ResourceName, filter.PatternType);
        WriteEntry(writer, filter.Principal, filter.Host, filter.Operation, filter.Permission);
    }

    public static void WriteResource(KafkaWriter writer, AclResourceType type, string? name, AclPatternType pattern)
    {
        writer.WriteInt8((sbyte)type);
        writer.WriteString(name);
        writer.WriteInt8((sbyte)pattern);
    }

    public static void WriteEntry(
        KafkaWriter writer, string? principal, string? host, AclOperation operation, AclPermission permission)
    {
        writer.WriteString(principal);
        writer.WriteString(host);
        writer.WriteInt8((sbyte)operation);
        writer.WriteInt8((sbyte)permission);
    }
}
