using System.Security.Cryptography;
using System.Text;
using OrleansStream.Contracts;

namespace OrleansStream.Protocols.Sasl;

/// <summary>The server's side of one login by SCRAM.</summary>
/// <remarks>
/// First <see cref="Challenge"/>, then <see cref="TryFinish"/>. It knows no randomness: the nonce is an argument.
/// Computations: https://www.rfc-editor.org/rfc/rfc5802#section-3.
/// </remarks>
/// <param name="first">The message that named the user whose credential this is; for nobody's, a decoy.</param>
public sealed class ScramServer(ScramClientFirst first, ScramCredential credential, string serverNonce)
{
    private readonly string _nonce = first.Nonce + serverNonce;

    /// <summary>The answer to the client's first message.</summary>
    public string Challenge => new ScramServerFirst(_nonce, credential.Salt, credential.Iterations).ToString();

    /// <exception cref="ProtocolException">The bytes are no first message.</exception>
    public static ScramClientFirst ReadFirst(ReadOnlySpan<byte> message)
        => ScramClientFirst.Parse(SaslText.Decode(message));

    /// <summary>Judges the client's proof.</summary>
    /// <param name="signature">The final answer, by which the client knows this server: only after success.</param>
    /// <exception cref="ProtocolException">The bytes are no final message.</exception>
    public bool TryFinish(ReadOnlySpan<byte> message, out string signature)
    {
        var mechanism = credential.Mechanism;
        var final = ScramClientFinal.Parse(SaslText.Decode(message));
        var signed = Encoding.UTF8.GetBytes($"{first.Bare},{Challenge},{final.WithoutProof}");
        var clientSignature = ScramKeys.Authenticate(mechanism, credential.StoredKey, signed);
        if (final.Proof.Length != clientSignature.Length)
        {
            throw new ProtocolException("The client's proof is of another length than its hash.");
        }

        var clientKey = ScramKeys.Xor(final.Proof, clientSignature);
        var isProven = CryptographicOperations.FixedTimeEquals(
            ScramKeys.Hash(mechanism, clientKey), credential.StoredKey);
        var serverSignature = ScramKeys.Authenticate(mechanism, credential.ServerKey, signed);
        var isAccepted = isProven && IsNonceOfThisLogin(final.Nonce) && final.Header == first.Header;
        signature = isAccepted ? $"v={Convert.ToBase64String(serverSignature)}" : "";
        return isAccepted;
    }

    // librdkafka before 2.6.1 puts its own part in front once more. That takes nothing away: the proof signs this
    // side's challenge, and with it the nonce, in any case.
    private bool IsNonceOfThisLogin(string nonce) => nonce == _nonce || nonce == first.Nonce + _nonce;
}
