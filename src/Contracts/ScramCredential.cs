namespace OrleansStream.Contracts;

/// <summary>The hash a SCRAM credential was made with. The numbers are Kafka's.</summary>
public enum ScramMechanism
{
    Unknown = 0,
    Sha256 = 1,
    Sha512 = 2,
}

/// <summary>What is kept of a user's password: enough to recognise it, too little to use it.</summary>
/// <param name="StoredKey">Recognises the client, by a proof that only the password can make.</param>
/// <param name="ServerKey">Proves to the client that the server knows this credential.</param>
[GenerateSerializer, Immutable, Alias("OrleansStream.ScramCredential")]
public sealed record ScramCredential(
    [property: Id(0)] string User,
    [property: Id(1)] ScramMechanism Mechanism,
    [property: Id(2)] int Iterations,
    [property: Id(3)] byte[] Salt,
    [property: Id(4)] byte[] StoredKey,
    [property: Id(5)] byte[] ServerKey)
{
    /// <summary>The fewest iterations a credential may have, and what it has when nobody chooses.</summary>
    public const int MinIterations = 4_096;

    /// <summary>The most: every attempt to log in costs the client, or this side, as many hashes.</summary>
    public const int MaxIterations = 16_384;

    /// <summary>The longest name a user may have, in characters.</summary>
    public const int MaxUserLength = 120;
}

/// <summary>A change of one of a user's credentials.</summary>
/// <param name="Credential">The new one; null deletes.</param>
[GenerateSerializer, Immutable, Alias("OrleansStream.CredentialChange")]
public sealed record CredentialChange(
    [property: Id(0)] ScramMechanism Mechanism,
    [property: Id(1)] ScramCredential? Credential);
