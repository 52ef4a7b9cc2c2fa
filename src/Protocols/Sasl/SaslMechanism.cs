using OrleansStream.Contracts;

namespace OrleansStream.Protocols.Sasl;

/// <summary>The ways to log in that are spoken, by the names that go over the wire.</summary>
public static class SaslMechanism
{
    public const string Plain = "PLAIN";
    public const string ScramSha256 = "SCRAM-SHA-256";
    public const string ScramSha512 = "SCRAM-SHA-512";

    public static IReadOnlyList<string> All { get; } = [Plain, ScramSha256, ScramSha512];

    /// <summary><see cref="ScramMechanism.Unknown"/> for what is not SCRAM.</summary>
    public static ScramMechanism ToScram(string name) => name switch
    {
        ScramSha256 => ScramMechanism.Sha256,
        ScramSha512 => ScramMechanism.Sha512,
        _ => ScramMechanism.Unknown,
    };
}
