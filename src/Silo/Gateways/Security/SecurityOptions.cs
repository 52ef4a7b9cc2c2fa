using System.ComponentModel.DataAnnotations;
using OrleansStream.Protocols.Sasl;

namespace OrleansStream.Silo.Gateways.Security;

/// <summary>
/// Who may connect, and what they may do. Bound from <c>Gateways:Kafka:Security</c> and checked at start.
/// </summary>
public sealed class SecurityOptions : IValidatableObject
{
    private const string Plaintext = "plaintext";
    private const string Ssl = "ssl";
    private const string SaslPlaintext = "sasl_plaintext";
    private const string SaslSsl = "sasl_ssl";

    /// <summary>
    /// What clients have to speak, as they call it in security.protocol: plaintext, ssl, sasl_plaintext or sasl_ssl.
    /// </summary>
    [Required]
    public string Protocol { get; init; } = Plaintext;

    /// <summary>The SASL mechanisms that clients may choose from, separated by commas.</summary>
    [Required]
    public string SaslMechanisms { get; init; } = string.Join(',', SaslMechanism.All);

    /// <summary>
    /// A file of users and passwords, in addition to those that admin clients create; read again on change.
    /// </summary>
    public string? UsersFile { get; init; }

    /// <summary>
    /// How long the answer to a failed login is delayed, which slows down guessing. Kafka's brokers wait as long.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:10")]
    public TimeSpan FailedAuthenticationDelay { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// Whether what clients do is checked against access rules (ACLs). By default everybody may do everything.
    /// </summary>
    public bool Authorize { get; init; }

    /// <summary>
    /// Principals that no rule restricts, separated by semicolons: User:admin;User:CN=operator,O=home.
    /// </summary>
    public string SuperUsers { get; init; } = "";

    /// <summary>Whether everybody may do everything to resources that no rule is about.</summary>
    public bool AllowEveryoneIfNoAclFound { get; init; }

    /// <summary>What the ssl protocols use.</summary>
    public TlsOptions Tls { get; init; } = new();

    /// <summary>Whether connections are encrypted. Only once the options have been checked.</summary>
    public bool UsesTls => ToProtocol() is Ssl or SaslSsl;

    /// <summary>Whether clients have to log in. Only once the options have been checked.</summary>
    public bool UsesSasl => ToProtocol() is SaslPlaintext or SaslSsl;

    /// <summary>Whether nobody gets in without having proved who they are.</summary>
    public bool Authenticates => UsesSasl || (UsesTls && Tls.ClientAuth == ClientAuth.Required);

    /// <summary>In the order given. Only once the options have been checked.</summary>
    public IReadOnlyList<string> Mechanisms
        => SaslMechanisms.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (ToProtocol() is not (Plaintext or Ssl or SaslPlaintext or SaslSsl))
        {
            yield return new(
                $"'{Protocol}' is none of {Plaintext}, {Ssl}, {SaslPlaintext} and {SaslSsl}.", [nameof(Protocol)]);
        }

        var unknown = Mechanisms.Except(SaslMechanism.All).ToList();
        if (unknown.Count > 0 || Mechanisms.Count == 0)
        {
            yield return new(
                $"'{SaslMechanisms}' must be some of {string.Join(',', SaslMechanism.All)}.", [nameof(SaslMechanisms)]);
        }

        if (UsersFile is not null && Security.UsersFile.FindMistake(UsersFile) is { } mistake)
        {
            yield return new(mistake, [nameof(UsersFile)]);
        }

        if (UsesTls && TlsServer.FindMistake(Tls) is { } fault)
        {
            yield return new(fault, [nameof(Tls)]);
        }
    }

    private string ToProtocol() => Protocol.ToLowerInvariant();
}
