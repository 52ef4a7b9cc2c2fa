using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using OrleansStream.Contracts;

namespace OrleansStream.Protocols.Sasl;

/// <summary>What SCRAM computes of a password, whichever side it is on.</summary>
/// <remarks>The names are those of https://www.rfc-editor.org/rfc/rfc5802#section-3.</remarks>
public static class ScramKeys
{
    // About what Kafka's own tool takes.
    private const int SaltBytes = 26;

    private const int MaxSaltBytes = 256;

    /// <summary>The length of a key, and of a hash.</summary>
    public static int LengthBytes(ScramMechanism mechanism)
        => mechanism == ScramMechanism.Sha256 ? SHA256.HashSizeInBytes : SHA512.HashSizeInBytes;

    public static byte[] SaltPassword(
        ScramMechanism mechanism, string password, ReadOnlySpan<byte> salt, int iterations)
        => Rfc2898DeriveBytes.Pbkdf2(
            Encoding.UTF8.GetBytes(password), salt, iterations, HashName(mechanism), LengthBytes(mechanism));

    public static byte[] ClientKey(ScramMechanism mechanism, byte[] saltedPassword)
        => Authenticate(mechanism, saltedPassword, "Client Key"u8);

    public static byte[] ServerKey(ScramMechanism mechanism, byte[] saltedPassword)
        => Authenticate(mechanism, saltedPassword, "Server Key"u8);

    public static byte[] Hash(ScramMechanism mechanism, ReadOnlySpan<byte> bytes)
        => CryptographicOperations.HashData(HashName(mechanism), bytes);

    public static byte[] Authenticate(ScramMechanism mechanism, byte[] key, ReadOnlySpan<byte> message)
        => CryptographicOperations.HmacData(HashName(mechanism), key, message);

    public static byte[] Xor(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        Debug.Assert(left.Length == right.Length, "Both come from the same hash.");
        var result = left.ToArray();
        for (var i = 0; i < result.Length; i++)
        {
            result[i] ^= right[i];
        }

        return result;
    }

    /// <summary>What is kept of a password.</summary>
    public static ScramCredential CreateCredential(
        string user, ScramMechanism mechanism, string password, byte[] salt, int iterations)
        => CreateCredential(user, mechanism, SaltPassword(mechanism, password, salt, iterations), salt, iterations);

    /// <summary>What is kept of a password that somebody else has salted.</summary>
    public static ScramCredential CreateCredential(
        string user, ScramMechanism mechanism, byte[] saltedPassword, byte[] salt, int iterations)
        => new(
            user,
            mechanism,
            iterations,
            salt,
            Hash(mechanism, ClientKey(mechanism, saltedPassword)),
            ServerKey(mechanism, saltedPassword));

    /// <summary>A credential that no password fits, which looks like another and is the same each time.</summary>
    /// <param name="secret">Known to this side only; else one could tell that the salt was made up.</param>
    public static ScramCredential CreateDecoy(string user, ScramCredential like, byte[] secret) => like with
    {
        User = user,
        Salt = Derive("salt", user, like.Mechanism, like.Salt.Length, secret),
        StoredKey = Derive("stored key", user, like.Mechanism, like.StoredKey.Length, secret),
        ServerKey = Derive("server key", user, like.Mechanism, like.ServerKey.Length, secret),
    };

    /// <summary>A salt that is the same each time, for a password that is not kept salted.</summary>
    public static byte[] DeriveSalt(string user, ScramMechanism mechanism, byte[] secret)
        => Derive("salt", user, mechanism, SaltBytes, secret);

    /// <summary>What is wrong with a credential that somebody else made, as a sentence; null when nothing is.</summary>
    public static string? FindFault(ScramCredential credential)
    {
        if (credential.Mechanism is not (ScramMechanism.Sha256 or ScramMechanism.Sha512))
        {
            return "The mechanism is not known.";
        }

        if (credential.Iterations is < ScramCredential.MinIterations or > ScramCredential.MaxIterations)
        {
            return $"There must be {ScramCredential.MinIterations} to {ScramCredential.MaxIterations} iterations.";
        }

        var length = LengthBytes(credential.Mechanism);
        return credential.Salt.Length is 0 or > MaxSaltBytes ? $"The salt must have 1 to {MaxSaltBytes} bytes."
            : credential.StoredKey.Length != length || credential.ServerKey.Length != length
                ? $"The keys must have {length} bytes."
            : null;
    }

    /// <summary>Whether a credential is of that password. Takes as long for every password.</summary>
    public static bool Fits(ScramCredential credential, string password)
    {
        var (mechanism, iterations) = (credential.Mechanism, credential.Iterations);
        var clientKey = ClientKey(mechanism, SaltPassword(mechanism, password, credential.Salt, iterations));
        return CryptographicOperations.FixedTimeEquals(Hash(mechanism, clientKey), credential.StoredKey);
    }

    private static byte[] Derive(
        string purpose, string user, ScramMechanism mechanism, int lengthBytes, byte[] secret)
        => HKDF.Expand(
            HashName(mechanism), secret, lengthBytes, Encoding.UTF8.GetBytes($"{purpose}\0{mechanism}\0{user}"));

    private static HashAlgorithmName HashName(ScramMechanism mechanism)
        => mechanism == ScramMechanism.Sha256 ? HashAlgorithmName.SHA256 : HashAlgorithmName.SHA512;
}
