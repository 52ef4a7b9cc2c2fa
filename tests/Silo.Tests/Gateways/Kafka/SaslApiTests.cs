using System.Text;
using OrleansStream.Contracts;
using OrleansStream.Protocols;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;
using OrleansStream.Protocols.Sasl;
using OrleansStream.Silo.Gateways.Kafka;
using OrleansStream.Silo.Gateways.Security;

namespace OrleansStream.Silo.Tests.Gateways.Kafka;

public sealed class SaslApiTests : ClusterTests
{
    private const string Password = "correct horse";

    [Theory]
    [InlineData(SaslMechanism.ScramSha256)]
    [InlineData(SaslMechanism.ScramSha512)]
    public async Task Scram_logs_in_whoever_knows_the_password(string mechanism)
    {
        var harness = await OpenAsync();
        await ChooseAsync(harness, mechanism);
        var client = new ScramClient(SaslMechanism.ToScram(mechanism), "alice", Password, "nonce");

        var challenge = await SendAsync(harness, client.First);
        var final = await SendAsync(harness, client.Answer(challenge.Token));

        client.Check(final.Token);
        Assert.Equal("User:alice", harness.Client.Principal);
        Assert.Equal(ErrorCode.None, (await harness.AskAsync(new InitProducerIdRequest(null, 0))).Error);
        Assert.Equal(
            ErrorCode.IllegalSaslState, (await harness.AskAsync(new SaslHandshakeRequest(mechanism))).Error);
    }

    [Fact]
    public async Task Plain_is_checked_against_the_same_credentials()
    {
        var harness = await OpenAsync();
        await ChooseAsync(harness, SaslMechanism.Plain);

        var answer = await SendAsync(harness, $"\0alice\0{Password}");

        Assert.Equal((ErrorCode.None, 0), (answer.Error, answer.Token.Length));
        Assert.Equal("User:alice", harness.Client.Principal);
    }

    [Theory]
    [InlineData("alice", "wrong")]
    [InlineData("nobody", Password)]
    public async Task A_wrong_password_and_an_unknown_user_are_told_the_same(string user, string password)
    {
        List<SaslAuthenticateResponse> refusals = [];
        var harness = await OpenAsync();
        await ChooseAsync(harness, SaslMechanism.Plain);
        refusals.Add(await RefuseAsync(harness, $"\0{user}\0{password}"));
        harness = await OpenAsync();
        await ChooseAsync(harness, SaslMechanism.ScramSha256);
        var client = new ScramClient(ScramMechanism.Sha256, user, password, "nonce");
        var challenge = await SendAsync(harness, client.First);
        Assert.Contains(",i=4096", Encoding.UTF8.GetString(challenge.Token), StringComparison.Ordinal);
        refusals.Add(await RefuseAsync(harness, client.Answer(challenge.Token)));
        harness = await OpenAsync();
        await ChooseAsync(harness, SaslMechanism.ScramSha256);
        refusals.Add(await RefuseAsync(harness, "malformed"));
        harness = await OpenAsync();
        await ChooseAsync(harness, SaslMechanism.ScramSha256);
        refusals.Add(await RefuseAsync(harness, new string('x', SaslApi.MaxTokenBytes + 1)));

        Assert.All(refusals, refusal =>
        {
            Assert.Equal(ErrorCode.SaslAuthenticationFailed, refusal.Error);
            Assert.Equal(refusals[0].ErrorMessage, refusal.ErrorMessage);
            Assert.Empty(refusal.Token);
        });
    }

    [Theory]
    [InlineData("GSSAPI", 1, ErrorCode.UnsupportedSaslMechanism)]
    [InlineData(SaslMechanism.Plain, 0, ErrorCode.UnsupportedVersion)]
    public async Task Another_mechanism_is_refused_with_the_list(string mechanism, int version, ErrorCode expected)
    {
        var harness = await OpenAsync();

        using var reply = await harness.StartAsync(new SaslHandshakeRequest(mechanism), version);

        var response = RouterHarness.Decode<SaslHandshakeResponse>(reply, ApiKey.SaslHandshake, version);
        Assert.Equal(expected, response.Error);
        Assert.Equal(SaslMechanism.All, response.Mechanisms);
        Assert.NotNull(reply.Refusal);
    }

    [Fact]
    public async Task A_stranger_is_told_the_versions_and_nothing_else()
    {
        var harness = await OpenAsync();

        Assert.Equal(ErrorCode.None, (await harness.AskAsync(new ApiVersionsRequest("test", "1"))).Error);
        await Assert.ThrowsAsync<ProtocolException>(
            () => harness.AskAsync(new MetadataRequest(null, AllowAutoTopicCreation: false)));
        Assert.Equal(ErrorCode.IllegalSaslState, (await SendAsync(harness, "x")).Error);
    }

    [Fact]
    public async Task Without_logins_there_is_no_mechanism()
        => Assert.Equal(
            ErrorCode.IllegalSaslState, (await Harness.AskAsync(new SaslHandshakeRequest("PLAIN"))).Error);

    private async Task<RouterHarness> OpenAsync()
    {
        foreach (var mechanism in new[] { ScramMechanism.Sha256, ScramMechanism.Sha512 })
        {
            var credential = ScramKeys.CreateCredential("alice", mechanism, Password, new byte[26], 4_096);
            await Cluster.Security.AlterCredentialsAsync("alice", [new(mechanism, credential)], default);
        }

        var options = new SecurityOptions { Protocol = "SASL_PLAINTEXT", FailedAuthenticationDelay = default };
        return new RouterHarness(Cluster, securityOptions: options);
    }

    private static async Task ChooseAsync(RouterHarness harness, string mechanism)
        => Assert.Equal(ErrorCode.None, (await harness.AskAsync(new SaslHandshakeRequest(mechanism))).Error);

    private static Task<SaslAuthenticateResponse> SendAsync(RouterHarness harness, string token)
        => harness.AskAsync(new SaslAuthenticateRequest(Encoding.UTF8.GetBytes(token)));

    private static async Task<SaslAuthenticateResponse> RefuseAsync(RouterHarness harness, string token)
    {
        using var reply = await harness.StartAsync(new SaslAuthenticateRequest(Encoding.UTF8.GetBytes(token)), 2);
        Assert.NotNull(reply.Refusal);
        await Assert.ThrowsAsync<ProtocolException>(
            () => harness.AskAsync(new SaslAuthenticateRequest(Encoding.UTF8.GetBytes(token))));
        return RouterHarness.Decode<SaslAuthenticateResponse>(reply, ApiKey.SaslAuthenticate, 2);
    }
}
