using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using OrleansStream.Contracts;
using OrleansStream.Protocols;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;
using OrleansStream.Protocols.Sasl;
using OrleansStream.Silo.Gateways.Security;

namespace OrleansStream.Silo.Gateways.Kafka;

/// <summary>Lets clients log in.</summary>
/// <remarks>
/// Whatever is wrong with a login, the client gets the one same answer, after the same delay, and the connection ends.
/// SaslHandshake version 0, after which messages would follow without Kafka's headers, is refused. A connection logs in
/// once and stays what it is.
/// </remarks>
internal sealed class SaslApi(Users users, IOptions<SecurityOptions> options, TimeProvider time)
{
    /// <summary>The longest message of a mechanism. Theirs have some hundred bytes.</summary>
    public const int MaxTokenBytes = 64 * 1_024;

    private const string FailureMessage = "Authentication failed: the user name or the password is wrong.";

    private const int NonceBytes = 24;

    private readonly SecurityOptions _options = options.Value;

    public Task<KafkaReply> HandshakeAsync(SaslHandshakeRequest request, KafkaCall call)
    {
        var session = call.Client.Sasl;
        if (!_options.UsesSasl || session.Stage != SaslStage.Mechanism)
        {
            return Task.FromResult(call.Reply(new SaslHandshakeResponse(ErrorCode.IllegalSaslState, [])));
        }

        var error = !ApiVersions.Get(ApiKey.SaslHandshake).Includes(call.Version) ? ErrorCode.UnsupportedVersion
            : _options.Mechanisms.Contains(request.Mechanism) ? ErrorCode.None
            : ErrorCode.UnsupportedSaslMechanism;
        session.Stage = error == ErrorCode.None ? SaslStage.Token : SaslStage.Refused;
        session.Mechanism = request.Mechanism;
        var refusal = error == ErrorCode.None ? null : $"The mechanism asked for is not served: {error}.";
        return Task.FromResult(call.Reply(new SaslHandshakeResponse(error, _options.Mechanisms), refusal: refusal));
    }

    public async Task<KafkaReply> AuthenticateAsync(SaslAuthenticateRequest request, KafkaCall call)
    {
        var session = call.Client.Sasl;
        if (session.Stage != SaslStage.Token)
        {
            const string Message = "No message of a login is due.";
            return call.Reply(new SaslAuthenticateResponse(ErrorCode.IllegalSaslState, Message, []));
        }

        session.Stage = SaslStage.Busy;
        try
        {
            return request.Token.Length > MaxTokenBytes
                ? await RefuseAsync($"a message of {request.Token.Length} bytes", call)
                : await AnswerAsync(request.Token, call) is { } answer
                    ? call.Reply(new SaslAuthenticateResponse(ErrorCode.None, ErrorMessage: null, answer))
                    : await RefuseAsync("a wrong user name or password", call);
        }
        catch (ProtocolException e)
        {
            return await RefuseAsync(e.Message, call);
        }
    }

    /// <summary>Answers a message of the mechanism, and moves the session on; null to refuse.</summary>
    private async ValueTask<byte[]?> AnswerAsync(byte[] token, KafkaCall call)
    {
        var session = call.Client.Sasl;
        if (session.Scram is { } scram)
        {
            return scram.TryFinish(token, out var signature) ? LogIn(call, signature) : null;
        }

        if (session.Mechanism == SaslMechanism.Plain)
        {
            var plain = PlainMessage.Parse(token);
            session.User = plain.User;
            var credential = await users.FindAsync(plain.User, ScramMechanism.Unknown, call.Closed);
            return ScramKeys.Fits(credential, plain.Password) ? LogIn(call, "") : null;
        }

        var first = ScramServer.ReadFirst(token);
        session.User = first.User;
        var kept = await users.FindAsync(first.User, SaslMechanism.ToScram(session.Mechanism), call.Closed);
        session.Scram = new ScramServer(
            first, kept, Convert.ToBase64String(RandomNumberGenerator.GetBytes(NonceBytes)));
        session.Stage = SaslStage.Token;
        return Encoding.UTF8.GetBytes(session.Scram.Challenge);
    }

    private static byte[] LogIn(in KafkaCall call, string answer)
    {
        var session = call.Client.Sasl;
        call.Client.Principal = $"User:{session.User}";
        session.Scram = null;
        session.Stage = SaslStage.LoggedIn;
        return Encoding.UTF8.GetBytes(answer);
    }

    private async Task<KafkaReply> RefuseAsync(string reason, KafkaCall call)
    {
        var session = call.Client.Sasl;
        session.Stage = SaslStage.Refused;
        await Task.Delay(_options.FailedAuthenticationDelay, time, call.Closed);
        return call.Reply(
            new SaslAuthenticateResponse(ErrorCode.SaslAuthenticationFailed, FailureMessage, []),
            refusal: $"{session.Mechanism} as '{session.User}': {reason}");
    }
}
