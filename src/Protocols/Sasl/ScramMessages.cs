using System.Globalization;
using OrleansStream.Contracts;

namespace OrleansStream.Protocols.Sasl;

/// <summary>The client's first message: who it is, and something random.</summary>
/// <remarks>
/// <code>
/// n,              no channel binding; y, says that the client could have bound it
/// a=identity,     optional: the identity to act as; only the user itself
/// n=user,         with =2C for a comma and =3D for an equals sign
/// r=nonce         printable, without commas
/// ,extensions     ignored
/// </code>
/// See https://www.rfc-editor.org/rfc/rfc5802#section-7, also for the messages after it.
/// </remarks>
/// <param name="Header">What stands before the user: channel binding and identity.</param>
/// <param name="Bare">The rest of the message, which is part of what is signed.</param>
public readonly record struct ScramClientFirst(string Header, string Bare, string User, string Nonce)
{
    public static ScramClientFirst Create(string user, string nonce)
    {
        var name = user.Replace("=", "=3D", StringComparison.Ordinal).Replace(",", "=2C", StringComparison.Ordinal);
        return new ScramClientFirst("n,,", $"n={name},r={nonce}", user, nonce);
    }

    /// <exception cref="ProtocolException">The text is no such message.</exception>
    public static ScramClientFirst Parse(string text)
    {
        var parts = text.Split(',');
        if (parts is not ["n" or "y", var identity, var name, var nonce, ..]
            || (identity.Length > 0 && identity != $"a{name.AsSpan(Math.Min(1, name.Length))}"))
        {
            throw new ProtocolException("The client's first message of SCRAM is malformed.");
        }

        var header = $"{parts[0]},{identity},";
        return new ScramClientFirst(
            header,
            text[header.Length..],
            SaslText.CheckUser(Unescape(ScramAttribute.Read(name, 'n'))),
            ScramAttribute.Read(nonce, 'r'));
    }

    public override string ToString() => Header + Bare;

    private static string Unescape(string name)
    {
        var plain = name
            .Replace("=2C", ",", StringComparison.Ordinal)
            .Replace("=3D", "\0", StringComparison.Ordinal);
        return plain.Contains('=', StringComparison.Ordinal)
            ? throw new ProtocolException("The user's name has an equals sign that stands for nothing.")
            : plain.Replace('\0', '=');
    }
}

/// <summary>The server's answer: both random parts, and how to salt the password.</summary>
/// <remarks><c>r=nonce,s=salt,i=iterations</c>, the salt in base64.</remarks>
public readonly record struct ScramServerFirst(string Nonce, byte[] Salt, int Iterations)
{
    // No honest server asks for more; the client's processor would be busy for minutes.
    private const int MostIterations = 1_000_000;

    /// <exception cref="ProtocolException">The text is no such message.</exception>
    public static ScramServerFirst Parse(string text)
    {
        if (text.Split(',') is [var nonce, var salt, var iterations, ..]
            && int.TryParse(
                ScramAttribute.Read(iterations, 'i'), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            && count is >= ScramCredential.MinIterations and <= MostIterations)
        {
            return new ScramServerFirst(
                ScramAttribute.Read(nonce, 'r'), SaslText.FromBase64(ScramAttribute.Read(salt, 's')), count);
        }

        throw new ProtocolException("The server's first message of SCRAM is malformed, or asks for too little.");
    }

    public override string ToString()
        => string.Create(
            CultureInfo.InvariantCulture, $"r={Nonce},s={Convert.ToBase64String(Salt)},i={Iterations}");
}

/// <summary>The client's proof that it knows the password.</summary>
/// <remarks><c>c=header,r=nonce,p=proof</c>, header and proof in base64.</remarks>
/// <param name="WithoutProof">What stands before the proof, which is part of what is signed.</param>
public readonly record struct ScramClientFinal(string WithoutProof, string Header, string Nonce, byte[] Proof)
{
    /// <exception cref="ProtocolException">The text is no such message.</exception>
    public static ScramClientFinal Parse(string text)
    {
        var proofAt = text.LastIndexOf(",p=", StringComparison.Ordinal);
        if (proofAt < 0 || text[..proofAt].Split(',') is not [var header, var nonce, ..])
        {
            throw new ProtocolException("The client's final message of SCRAM is malformed.");
        }

        return new ScramClientFinal(
            text[..proofAt],
            SaslText.Decode(SaslText.FromBase64(ScramAttribute.Read(header, 'c'))),
            ScramAttribute.Read(nonce, 'r'),
            SaslText.FromBase64(ScramAttribute.Read(text[(proofAt + 1)..], 'p')));
    }

    public override string ToString() => $"{WithoutProof},p={Convert.ToBase64String(Proof)}";
}

/// <summary>One part of a message: a letter, an equals sign, and a value.</summary>
internal static class ScramAttribute
{
    /// <exception cref="ProtocolException">The part has another letter, or no value.</exception>
    public static string Read(string part, char name)
        => part.Length > 2 && part[0] == name && part[1] == '='
            ? part[2..]
            : throw new ProtocolException($"'{name}=' was due in a message of SCRAM.");
}
