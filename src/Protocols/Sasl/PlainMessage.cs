using System.Text;

namespace OrleansStream.Protocols.Sasl;

/// <summary>The one message of PLAIN: a name and a password as they are.</summary>
/// <remarks>
/// <code>
/// text  the identity to act as; empty, or the same as the name
/// 0     one byte
/// text  the name
/// 0     one byte
/// text  the password
/// </code>
/// See https://www.rfc-editor.org/rfc/rfc4616#section-2.
/// </remarks>
public readonly record struct PlainMessage(string User, string Password)
{
    /// <exception cref="ProtocolException">The bytes are no such message; what they are is not said.</exception>
    public static PlainMessage Parse(ReadOnlySpan<byte> bytes)
    {
        var parts = SaslText.Decode(bytes).Split('\0');
        return parts is [var identity, { Length: > 0 } user, { Length: > 0 } password]
            && (identity.Length == 0 || identity == user)
            ? new PlainMessage(SaslText.CheckUser(user), password)
            : throw new ProtocolException("The message of PLAIN is malformed.");
    }

    public byte[] Encode() => Encoding.UTF8.GetBytes($"\0{User}\0{Password}");

    /// <summary>Without the password, which must not get into a log.</summary>
    public override string ToString() => User;
}
