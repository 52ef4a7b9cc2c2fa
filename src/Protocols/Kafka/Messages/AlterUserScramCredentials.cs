using OrleansStream.Contracts;

namespace OrleansStream.Protocols.Kafka.Messages;

/// <summary>Deletes and sets credentials of users. Version 0.</summary>
public sealed record AlterUserScramCredentialsRequest(
    IReadOnlyList<ScramDeletion> Deletions, IReadOnlyList<ScramUpsertion> Upsertions)
    : IKafkaRequest<AlterUserScramCredentialsRequest, AlterUserScramCredentialsResponse>
{
    public static ApiKey ApiKey => ApiKey.AlterUserScramCredentials;

    public static AlterUserScramCredentialsRequest Read(ref KafkaReader reader, int version)
        => new(reader.ReadArray<ScramDeletion>(version), reader.ReadArray<ScramUpsertion>(version));

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteArray(Deletions, version);
        writer.WriteArray(Upsertions, version);
    }
}

/// <summary>A credential to be deleted.</summary>
public readonly record struct ScramDeletion(string User, ScramMechanism Mechanism) : IKafkaStruct<ScramDeletion>
{
    public static ScramDeletion Read(ref KafkaReader reader, int version)
        => new(reader.ReadString(), (ScramMechanism)reader.ReadInt8());

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteString(User);
        writer.WriteInt8((sbyte)Mechanism);
    }
}

/// <summary>
/// A credential to be set, from a password that the client has salted: the password itself never travels.
/// </summary>
public readonly record struct ScramUpsertion(
    string User, ScramMechanism Mechanism, int Iterations, byte[] Salt, byte[] SaltedPassword)
    : IKafkaStruct<ScramUpsertion>
{
    public static ScramUpsertion Read(ref KafkaReader reader, int version) => new(
        reader.ReadString(),
        (ScramMechanism)reader.ReadInt8(),
        reader.ReadInt32(),
        reader.ReadBytes().ToArray(),
        reader.ReadBytes().ToArray());

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteString(User);
        writer.WriteInt8((sbyte)Mechanism);
        writer.WriteInt32(Iterations);
        writer.WriteRecords(Salt);
        writer.WriteRecords(SaltedPassword);
    }
}

/// <summary>What became of each user's credentials.</summary>
public sealed record AlterUserScramCredentialsResponse(IReadOnlyList<AlteredUser> Users, int ThrottleTimeMs = 0)
    : IKafkaStruct<AlterUserScramCredentialsResponse>
{
    public static AlterUserScramCredentialsResponse Read(ref KafkaReader reader, int version)
    {
        var throttleTimeMs = reader.ReadInt32();
        return new AlterUserScramCredentialsResponse(reader.ReadArray<AlteredUser>(version), throttleTimeMs);
    }

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteInt32(ThrottleTimeMs);
        writer.WriteArray(Users, version);
    }
}

/// <summary>What became of one user's credentials.</summary>
public readonly record struct AlteredUser(string User, ErrorCode Error, string? ErrorMessage = null)
    : IKafkaStruct<AlteredUser>
{
    public static AlteredUser Read(ref KafkaReader reader, int version)
        => new(reader.ReadString(), reader.ReadErrorCode(), reader.ReadNullableString());

    public void Write(KafkaWriter writer, int version)
    {
        writer.WriteString(User);
        writer.WriteErrorCode(Error);
        writer.WriteString(ErrorMessage);
    }
}
