using System.Text;
using System.Text.Unicode;
using OrleansStream.Contracts;

namespace OrleansStream.Protocols.Sasl;

/// <summary>The text in messages by which clients log in, which nobody vouches for yet.</summary>
internal static class SaslText
{
    /// <exception cref="ProtocolException">The bytes are not UTF-8.</exception>
    public static string Decode(ReadOnlySpan<byte> bytes)
        => Utf8.IsValid(bytes)
            ? Encoding.UTF8.GetString(bytes)
            : throw new ProtocolException("The message is not UTF-8.");

    /// <exception cref="ProtocolException">Nobody can have that name, nor should it get into a log.</exception>
    public static string CheckUser(string user)
        => user.Length is > 0 and <= ScramCredential.MaxUserLength && !user.Any(char.IsControl)
            ? user
            : throw new ProtocolException("The user's name is too long, or has control characters.");

    /// <exception cref="ProtocolException">The text is not base64.</exception>
    public static byte[] FromBase64(string text)
    {
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var length)
            ? bytes[..length]
            : throw new ProtocolException("A part of the message is not base64.");
    }
}
