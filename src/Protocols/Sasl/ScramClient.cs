using System.Security.Cryptography;
using System.Text;
using OrleansStream.Contracts;

namespace OrleansStream.Protocols.Sasl;

/// <summary>The client's side of one login by SCRAM.</summary>
/// <remarks><see cref="First"/>, then <see cref="Answer"/>, then <see cref="Check"/>.</remarks>
public sealed class ScramClient(ScramMechanism mechanism, string user, string password, string nonce)
{
    private readonly ScramClientFirst _first = ScramClientFirst.Create(user, nonce);
    private byte[] _serverSignature = [];

    /// <summary>The first message.</summary>
    public string First => _first.ToString();

    /// <summary>The proof that this side knows the password, for the server's challenge.</summary>
    /// <exception cref="ProtocolException">The challenge is malformed, or not for this login.</exception>
    public string Answer(ReadOnlySpan<byte> challenge)
    {
        var text = SaslText.Decode(challenge);
        var server = ScramServerFirst.Parse(text);
        if (!server.Nonce.StartsWith(nonce, StringComparison.Ordinal) || server.Nonce.Length == nonce.Length)
        {
            throw new ProtocolException("The server's challenge is not for this login.");
        }

        var salted = ScramKeys.SaltPassword(mechanism, password, server.Salt, server.Iterations);
        var header = Convert.ToBase64String(Encoding.UTF8.GetBytes(_first.Header));
        var withoutProof = $"c={header},r={server.Nonce}";
        var signed = Encoding.UTF8.GetBytes($"{_first.Bare},{text},{withoutProof}");
        var clientKey = ScramKeys.ClientKey(mechanism, salted);
        var signature = ScramKeys.Authenticate(mechanism, ScramKeys.Hash(mechanism, clientKey), signed);
        _serverSignature = ScramKeys.Authenticate(mechanism, ScramKeys.ServerKey(mechanism, salted), signed);
        return new ScramClientFinal(
            withoutProof, _first.Header, server.Nonce, ScramKeys.Xor(clientKey, signature)).ToString();
    }

    /// <summary>Makes sure that the server knows the credential, and is not just anybody.</summary>
    /// <exception cref="ProtocolException">It does not.</exception>
    public void Check(ReadOnlySpan<byte> final)
    {
        var signature = SaslText.FromBase64(ScramAttribute.Read(SaslText.Decode(final).Split(',')[0], 'v'));
        if (!CryptographicOperations.FixedTimeEquals(signature, _serverSignature))
        {
            throw new ProtocolException("The server could not prove that it knows the password.");
        }
    }
}
