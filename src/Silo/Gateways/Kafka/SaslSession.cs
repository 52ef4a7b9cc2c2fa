using OrleansStream.Protocols.Sasl;

namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>How far one connection has come with logging in.</summary>
/// <remarks>
/// The connection's requests use it one at a time: while one is being answered the stage is
/// <see cref="SaslStage.Busy"/>, in which no other is admitted.
/// </remarks>
internal sealed class SaslSession
{
    public volatile SaslStage Stage = SaslStage.Mechanism;

    /// <summary>The one the client has chosen.</summary>
    public string Mechanism { get; set; } = "";

    /// <summary>Set between the two messages of SCRAM.</summary>
    public ScramServer? Scram { get; set; }

    /// <summary>Who the client claims to be; empty until it has said so.</summary>
    public string User { get; set; } = "";
}

/// <summary>What a connection may send next.</summary>
internal enum SaslStage
{
    /// <summary>A mechanism is to be chosen.</summary>
    Mechanism,

    /// <summary>A message of the mechanism is due.</summary>
    Token,

    /// <summary>A message is being looked at.</summary>
    Busy,

    /// <summary>The client is known.</summary>
    LoggedIn,

    /// <summary>The client was refused; the connection is about to end.</summary>
    Refused,
}
