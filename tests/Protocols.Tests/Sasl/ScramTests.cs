using System.Text;
using OrleansStream.Contracts;
using OrleansStream.Protocols.Sasl;

namespace OrleansStream.Protocols.Tests.Sasl;

public sealed class ScramTests
{
    private const string ClientNonce = "rOprNGfwEbeRWgbNEkqO";

    // The example of RFC 7677, section 3.
    [Fact]
    public void Both_sides_say_what_the_specification_says_they_do()
    {
        var salt = Convert.FromBase64String("W22ZaJ0SNY7soEsUEjb6gQ==");
        var credential = ScramKeys.CreateCredential("user", ScramMechanism.Sha256, "pencil", salt, 4_096);
        var client = new ScramClient(ScramMechanism.Sha256, "user", "pencil", ClientNonce);
        Assert.Equal("n,,n=user,r=rOprNGfwEbeRWgbNEkqO", client.First);

        var server = Answer(client, credential, "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0");
        Assert.Equal(
            "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
            server.Challenge);

        var final = client.Answer(Bytes(server.Challenge));
        Assert.Equal(
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
            + "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
            final);

        Assert.True(server.TryFinish(Bytes(final), out var signature));
        Assert.Equal("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", signature);
        client.Check(Bytes(signature));
    }

    [Theory]
    [InlineData(ScramMechanism.Sha256)]
    [InlineData(ScramMechanism.Sha512)]
    public void Only_the_password_logs_in(ScramMechanism mechanism)
    {
        var credential = ScramKeys.CreateCredential("a,=b", mechanism, "right", [1, 2, 3], 5_000);

        Assert.True(LogIn("right", credential));
        Assert.False(LogIn("wrong", credential));
        Assert.True(ScramKeys.Fits(credential, "right"));
        Assert.False(ScramKeys.Fits(credential, "wrong"));
    }

    [Theory]
    [InlineData(ScramMechanism.Sha256)]
    [InlineData(ScramMechanism.Sha512)]
    public void A_user_that_does_not_exist_is_challenged_alike_and_refused(ScramMechanism mechanism)
    {
        var real = ScramKeys.CreateCredential("user", mechanism, "password", new byte[26], 4_096);
        var secret = new byte[64];
        var decoy = ScramKeys.CreateDecoy("nobody", real, secret);

        Assert.Equal(decoy.Salt, ScramKeys.CreateDecoy("nobody", real, secret).Salt);
        Assert.NotEqual(decoy.Salt, ScramKeys.CreateDecoy("other", real, secret).Salt);
        Assert.NotEqual(decoy.Salt, ScramKeys.CreateDecoy("nobody", real, [.. secret[1..], 1]).Salt);
        Assert.Equal(
            (real.Iterations, real.Salt.Length, real.StoredKey.Length, real.ServerKey.Length),
            (decoy.Iterations, decoy.Salt.Length, decoy.StoredKey.Length, decoy.ServerKey.Length));
        Assert.False(LogIn("password", decoy));
        Assert.False(ScramKeys.Fits(decoy, "password"));
    }

    // A client that signs what it sends, and sends its own part of the nonce twice.
    [Fact]
    public void The_nonce_of_older_clients_is_accepted()
    {
        var credential = ScramKeys.CreateCredential("user", ScramMechanism.Sha256, "pencil", [1], 4_096);
        var first = ScramClientFirst.Create("user", ClientNonce);
        var server = new ScramServer(first, credential, "server");
        var withoutProof = $"c=biws,r={ClientNonce}{ClientNonce}server";
        var clientKey = ScramKeys.ClientKey(
            ScramMechanism.Sha256, ScramKeys.SaltPassword(ScramMechanism.Sha256, "pencil", [1], 4_096));
        var signature = ScramKeys.Authenticate(
            ScramMechanism.Sha256, credential.StoredKey, Bytes($"{first.Bare},{server.Challenge},{withoutProof}"));
        var proof = Convert.ToBase64String(ScramKeys.Xor(clientKey, signature));

        Assert.True(server.TryFinish(Bytes($"{withoutProof},p={proof}"), out _));
    }

    [Theory]
    [InlineData("c=eSws")]
    [InlineData("c=biws,r=another")]
    public void A_proof_for_another_exchange_is_refused(string replacement)
    {
        var credential = ScramKeys.CreateCredential("user", ScramMechanism.Sha256, "pencil", [1], 4_096);
        var client = new ScramClient(ScramMechanism.Sha256, "user", "pencil", ClientNonce);
        var server = Answer(client, credential, "server");
        var parts = client.Answer(Bytes(server.Challenge)).Split(',');
        var kept = parts.Skip(replacement.Split(',').Length);

        Assert.False(server.TryFinish(Bytes(string.Join(',', kept.Prepend(replacement))), out _));
    }

    [Fact]
    public void A_server_that_does_not_know_the_password_is_found_out()
    {
        var client = new ScramClient(ScramMechanism.Sha256, "user", "pencil", ClientNonce);
        client.Answer(Bytes($"r={ClientNonce}x,s=AAAA,i=4096"));

        Assert.Throws<ProtocolException>(() => client.Check(Bytes("v=AAAA")));
        Assert.Throws<ProtocolException>(() => client.Check(Bytes("e=other-error")));
    }

    [Theory]
    [InlineData("r=another,s=AAAA,i=4096")]
    [InlineData("r=rOprNGfwEbeRWgbNEkqO,s=AAAA,i=4096")]
    [InlineData("r=rOprNGfwEbeRWgbNEkqOx,s=AAAA,i=1")]
    [InlineData("r=rOprNGfwEbeRWgbNEkqOx,s=AAAA,i=2000000000")]
    [InlineData("r=rOprNGfwEbeRWgbNEkqOx,s=?,i=4096")]
    public void A_client_answers_no_challenge_that_is_weak_or_not_its_own(string challenge)
        => Assert.Throws<ProtocolException>(
            () => new ScramClient(ScramMechanism.Sha256, "user", "pencil", ClientNonce).Answer(Bytes(challenge)));

    [Theory]
    [InlineData("")]
    [InlineData("n,,n=user")]
    [InlineData("n,,r=nonce,n=user")]
    [InlineData("p=tls-unique,,n=user,r=nonce")]
    [InlineData("n,a=other,n=user,r=nonce")]
    [InlineData("n,,n=us=er,r=nonce")]
    [InlineData("n,,n=,r=nonce")]
    [InlineData("n,,n=user,r=")]
    [InlineData("n,,n=us\ner,r=nonce")]
    public void A_malformed_first_message_is_refused(string message)
        => Assert.Throws<ProtocolException>(() => ScramServer.ReadFirst(Bytes(message)));

    [Theory]
    [InlineData("")]
    [InlineData("c=biws,r=nonceserver")]
    [InlineData("c=biws,p=AAAA")]
    [InlineData("c=?,r=nonceserver,p=AAAA")]
    [InlineData("c=biws,r=nonceserver,p=?")]
    [InlineData("c=biws,r=nonceserver,p=AAAA")]
    public void A_malformed_final_message_is_refused(string message)
    {
        var credential = ScramKeys.CreateCredential("user", ScramMechanism.Sha256, "pencil", [1], 4_096);
        var server = new ScramServer(ScramClientFirst.Create("user", "nonce"), credential, "server");

        Assert.Throws<ProtocolException>(() => server.TryFinish(Bytes(message), out _));
    }

    [Fact]
    public void The_user_may_be_named_as_the_identity_to_act_as()
        => Assert.Equal("user", ScramServer.ReadFirst("y,a=user,n=user,r=nonce,x=1"u8).User);

    private static bool LogIn(string password, ScramCredential credential)
    {
        var client = new ScramClient(credential.Mechanism, credential.User, password, ClientNonce);
        var server = Answer(client, credential, "server");
        var isProven = server.TryFinish(Bytes(client.Answer(Bytes(server.Challenge))), out var signature);
        if (isProven)
        {
            client.Check(Bytes(signature));
        }

        return isProven;
    }

    private static ScramServer Answer(ScramClient client, ScramCredential credential, string nonce)
    {
        var first = ScramServer.ReadFirst(Bytes(client.First));
        Assert.Equal(credential.User, first.User);
        return new ScramServer(first, credential, nonce);
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
