using System.Text;
using OrleansStream.Contracts;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;
using OrleansStream.Protocols.Sasl;
using OrleansStream.TestKit;
using OrleansStream.TestKit.Clients;
using Xunit.Abstractions;

namespace OrleansStream.Silo.Tests.RealClients;

[Trait("Category", "RealClients")]
public sealed class SecurityTests(ITestOutputHelper output)
{
    private const string Refused = "could not log in";

    private static readonly TimeSpan s_timeout = TimeSpan.FromMinutes(1);

    [FactNeeding("kcat")]
    public async Task Kcat_logs_in_by_every_mechanism_and_not_with_a_wrong_password()
    {
        await using var silo = await SecuredSilo.StartAsync("sasl_plaintext", output.WriteLine);
        foreach (var mechanism in SaslMechanism.All)
        {
            await KcatAsync(silo, LogIn(mechanism, SecuredSilo.AdminPassword), "-L");
        }

        foreach (var mechanism in SaslMechanism.All)
        {
            var refusal = await Assert.ThrowsAsync<InvalidOperationException>(
                () => KcatAsync(silo, LogIn(mechanism, "wrong"), "-L", "-m", "3"));
            Assert.Contains("user name or the password is wrong", refusal.Message, StringComparison.Ordinal);
        }

        await silo.StopAsync();
        Assert.All(
            SaslMechanism.All,
            mechanism => Assert.True(silo.CountLines($"{mechanism} as '{SecuredSilo.Admin}'") > 0));
    }

    [FactNeeding("kcat")]
    public async Task Kcat_reads_encrypted_what_it_has_written_encrypted()
    {
        await using var silo = await SecuredSilo.StartAsync("sasl_ssl", output.WriteLine);
        string[] security =
        [
            .. LogIn(SaslMechanism.ScramSha512, SecuredSilo.AdminPassword),
            "-X", "security.protocol=sasl_ssl", "-X", $"ssl.ca.location={silo.CertificateFile}",
        ];

        await KcatAsync(silo, security, "-P", "-t", "encrypted", "-l", silo.CertificateFile);
        var received = await KcatAsync(silo, security, "-q", "-C", "-t", "encrypted", "-o", "beginning", "-e");

        var expected = await File.ReadAllLinesAsync(silo.CertificateFile);
        Assert.Equal(expected.Where(line => line.Length > 0), received);
    }

    [FactNeeding("python3-confluent-kafka")]
    public async Task A_user_made_by_an_admin_may_do_what_rules_allow()
    {
        await using var silo = await SecuredSilo.StartAsync("sasl_plaintext", output.WriteLine);
        using (var admin = await KafkaConnection.OpenAsync(silo.KafkaAddress))
        {
            await LogInAsync(admin, SecuredSilo.Admin, SecuredSilo.AdminPassword);
            await admin.CreateTopicAsync("team-a", 1);
            await admin.CreateTopicAsync("other", 1);
            var salt = Encoding.ASCII.GetBytes("salt");
            var salted = ScramKeys.SaltPassword(ScramMechanism.Sha256, "pass", salt, 4_096);
            var users = await admin.SendAsync<AlterUserScramCredentialsRequest, AlterUserScramCredentialsResponse>(
                new([], [new("alice", ScramMechanism.Sha256, 4_096, salt, salted)]), 0);
            Assert.Equal(ErrorCode.None, users.Users[0].Error);
            var rules = await admin.SendAsync<CreateAclsRequest, CreateAclsResponse>(
                new([new(Allow("team-", AclOperation.Read)), new(Allow("team-", AclOperation.Write))]), 3);
            Assert.All(rules.Results, result => Assert.Equal(ErrorCode.None, result.Error));
        }

        var lines = await PythonAsync(silo, "alice", "pass", "team-a", "other");

        Assert.Equal(["['team-a']", "team-a: None", "other: TOPIC_AUTHORIZATION_FAILED"], lines);
        await silo.StopAsync();
        Assert.Equal(1, silo.CountLines("create topic 'team-a'"));
        Assert.Equal(1, silo.CountLines("alter user 'alice' set Sha256"));
        Assert.Equal(0, silo.CountLines("pass'"));
    }

    [Fact]
    public async Task What_is_no_login_is_refused_alike_logged_once_and_closed()
    {
        await using var silo = await SecuredSilo.StartAsync("sasl_plaintext", output.WriteLine);
        List<string?> messages = [];
        string[] tokens =
        [
            $"\0{SecuredSilo.Admin}\0wrong", "\0nobody\0wrong", "malformed", new string('x', 70_000),
        ];
        foreach (var token in tokens)
        {
            using var connection = await KafkaConnection.OpenAsync(silo.KafkaAddress);
            var refusal = await TryLogInAsync(connection, token);
            Assert.Equal(ErrorCode.SaslAuthenticationFailed, refusal.Error);
            messages.Add(refusal.ErrorMessage);
            await Assert.ThrowsAnyAsync<IOException>(() => connection.ListTopicsAsync());
        }

        using (var stranger = await KafkaConnection.OpenAsync(silo.KafkaAddress))
        {
            await Assert.ThrowsAnyAsync<IOException>(() => stranger.ListTopicsAsync());
        }

        await silo.StopAsync();
        Assert.Single(messages.Distinct());
        Assert.Equal(tokens.Length, silo.CountLines(Refused));
        Assert.Equal(1, silo.CountLines("Metadata was sent without logging in"));
    }

    [FactNeeding("kcat")]
    public async Task Plain_text_and_an_expired_certificate_come_to_nothing()
    {
        await using var silo = await SecuredSilo.StartAsync("ssl", output.WriteLine, TimeSpan.FromDays(-1));
        int port;
        using (var connection = await KafkaConnection.OpenAsync(silo.KafkaAddress))
        {
            port = connection.LocalPort;
            await Assert.ThrowsAnyAsync<IOException>(() => connection.ListTopicsAsync());
        }

        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(() => KcatAsync(
            silo,
            ["-X", "security.protocol=ssl", "-X", $"ssl.ca.location={silo.CertificateFile}"],
            "-L",
            "-m",
            "3"));
        Assert.Contains("certificate", refusal.Message, StringComparison.OrdinalIgnoreCase);
        await silo.StopAsync();
        Assert.Equal(1, silo.CountLines("clients will refuse it"));

        // What kcat leaves in the middle of shaking hands, when its time is over, is said of it too.
        Assert.Equal(1, silo.CountLines($":{port} could not log in by kafka: The client does not speak TLS."));
    }

    private static string[] LogIn(string mechanism, string password) =>
    [
        "-X", "security.protocol=sasl_plaintext", "-X", $"sasl.mechanism={mechanism}",
        "-X", $"sasl.username={SecuredSilo.Admin}", "-X", $"sasl.password={password}",
    ];

    private static Task<string[]> KcatAsync(SecuredSilo silo, string[] security, params string[] arguments)
        => ChildProcess.RunAsync(s_timeout, "kcat", ["-b", silo.KafkaAddress, .. security, .. arguments]);

    private static Task<string[]> PythonAsync(SecuredSilo silo, params string[] arguments)
    {
        var path = Path.Combine(RepositoryRoot.Path, "tests/Silo.Tests/RealClients/python/try_topics.py");
        return ChildProcess.RunAsync(s_timeout, Prerequisite.Python, [path, silo.KafkaAddress, .. arguments]);
    }

    private static async Task LogInAsync(KafkaConnection connection, string user, string password)
        => Assert.Equal(ErrorCode.None, (await TryLogInAsync(connection, $"\0{user}\0{password}")).Error);

    private static async Task<SaslAuthenticateResponse> TryLogInAsync(KafkaConnection connection, string token)
    {
        await connection.SendAsync<SaslHandshakeRequest, SaslHandshakeResponse>(new(SaslMechanism.Plain), 1);
        return await connection.SendAsync<SaslAuthenticateRequest, SaslAuthenticateResponse>(
            new(Encoding.UTF8.GetBytes(token)), 2);
    }

    private static AclBinding Allow(string prefix, AclOperation operation) => new(
        AclResourceType.Topic, prefix, AclPatternType.Prefixed, "User:alice", "*", operation, AclPermission.Allow);
}
