using OrleansStream.Contracts;

namespace OrleansStream.Protocols.Kafka.Messages;

/// <summary>Asks which credentials users have, but not for the credentials. Version 0.</summary>
/// <param name="Users">Null or none for all.</param>
public sealed record DescribeUserScramCredentialsRequest(IReadOnlyList<UserName>? Users)
    : IKafkaRequest<DescribeUserScramCredentialsRequest, DescribeUserScramCredentialsResponse>
{
    public static ApiKey ApiKey => ApiKey.DescribeUserScramCredentials;

    public static DescribeUserScramCredentialsRequest Read(ref KafkaReader reader, int version)
        => new(reader.ReadNullableArray<UserName>(version));

    public void Write(KafkaWriter writer, int version) => writer.WriteArray(Users, version);
}

/// <summary>A user.</summary>
public readonly record struct UserName(string Name) : IKafkaStruct<UserName>
{
    public static UserName Read(ref KafkaReader reader, int version) => new(reader.ReadString());

    public void Write(KafkaWriter writer, int version) => writer.WriteString(Name);
}

/// <summary>The credentials of each user.</summary>
public sealed record DescribeUserScramCredentialsResponse(
    ErrorCode Error, string? ErrorMessage, IReadOnlyList<DescribedUser> Users, int ThrottleTimeMs = 0)
    : IKafkaStruct<DescribeUserScramCredentialsResponse>
{
    public static DescribeUserScramCredentialsResponse Read(ref KafkaReader reader, int version)
    {
        var throttleTimeMs = reader.ReadInt32();
        return new DescribeUserScramCredentialsResponse(
            reader.ReadErrorCode(),
            reader.ReadNullableString(),
            reader.ReadArray<DescribedUser>(version),
            throttleTimeMs);
    }

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteInt32(ThrottleTimeMs);
        writer.WriteErrorCode(Error);
        writer.WriteString(ErrorMessage);
        writer.WriteArray(Users, version);
    }
}

/// <summary>The credentials of one user.</summary>
public readonly record struct DescribedUser(
    string Name, ErrorCode Error, string? ErrorMessage, IReadOnlyList<DescribedCredential> Credentials)
    : IKafkaStruct<DescribedUser>
{
    public static DescribedUser Read(ref KafkaReader reader, int version) => new(
        reader.ReadString(),
        reader.ReadErrorCode(),
        reader.ReadNullableString(),
        reader.ReadArray<DescribedCredential>(version));

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteString(Name);
        writer.WriteErrorCode(Error);
        writer.WriteString(ErrorMessage);
        writer.WriteArray(Credentials, version);
    }
}

/// <summary>That there is a credential, and how dear it is to try passwords on it.</summary>
public readonly record struct DescribedCredential(ScramMechanism Mechanism, int Iterations)
    : IKafkaStruct<DescribedCredential>
{
    public static DescribedCredential Read(ref KafkaReader reader, int version)
        => new((ScramMechanism)reader.ReadInt8(), reader.ReadInt32());

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteInt8((sbyte)Mechanism);
        writer.WriteInt32(Iterations);
    }
}
