using System.Text;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Sasl;
using OrleansStream.TestKit.Clients;
using Xunit.Abstractions;

namespace OrleansStream.Client.Tests;

/// <summary>How the client logs in to a silo in a process of its own, and what it trusts.</summary>
public sealed class SecurityTests(ITestOutputHelper output)
{
    private const string Topic = "secured";

    [Fact]
    public async Task Every_mechanism_logs_in_and_a_wrong_password_is_named_as_the_reason()
    {
        await using var silo = await SecuredSilo.StartAsync("sasl_plaintext", output.WriteLine);
        foreach (var mechanism in SaslMechanism.All)
        {
            await RoundTripAsync(Connect(silo, mechanism, SecuredSilo.AdminPassword), $"{Topic}-{mechanism}");

            var refusal = await Assert.ThrowsAsync<StreamException>(
                () => RoundTripAsync(Connect(silo, mechanism, "wrong"), $"{Topic}-{mechanism}"));
            Assert.Equal(ErrorCode.SaslAuthenticationFailed, refusal.Error);
            Assert.Contains("password is wrong", refusal.Message, StringComparison.Ordinal);
        }

        var unknown = await Assert.ThrowsAsync<StreamException>(
            () => RoundTripAsync(Connect(silo, "OAUTHBEARER", SecuredSilo.AdminPassword), Topic));
        Assert.Contains(SaslMechanism.ScramSha512, unknown.Message, StringComparison.Ordinal);
        await silo.StopAsync();
        Assert.All(
            SaslMechanism.All,
            mechanism => Assert.True(silo.CountLines($"{mechanism} as '{SecuredSilo.Admin}'") > 0));
    }

    [Fact]
    public async Task Encrypted_connections_are_made_only_to_whom_an_authority_vouches_for()
    {
        await using var silo = await SecuredSilo.StartAsync("sasl_ssl", output.WriteLine);
        foreach (var trusted in (TlsOptions[])
            [
                new() { AuthorityFile = silo.CertificateFile },
                new() { AuthorityFile = silo.CertificateFile, TargetHost = "localhost" },
                new() { ChecksCertificate = false },
            ])
        {
            await RoundTripAsync(Connect(silo, tls: trusted), Topic);
        }

        foreach (var distrusted in (TlsOptions[])
            [new(), new() { AuthorityFile = silo.CertificateFile, TargetHost = "elsewhere" }])
        {
            var refusal = await Assert.ThrowsAsync<StreamException>(
                () => RoundTripAsync(Connect(silo, tls: distrusted), Topic));
            Assert.False(refusal.IsTransient);
            Assert.Contains("certificate", refusal.Message, StringComparison.OrdinalIgnoreCase);
        }
    }

    private static StreamClient Connect(
        SecuredSilo silo,
        string mechanism = SaslMechanism.ScramSha256,
        string password = SecuredSilo.AdminPassword,
        TlsOptions? tls = null)
        => StreamClient.Connect(new StreamClientOptions
        {
            BootstrapServers = silo.KafkaAddress,
            Sasl = new() { Mechanism = mechanism, User = SecuredSilo.Admin, Password = password },
            Tls = tls,
        });

    private static async Task RoundTripAsync(StreamClient client, string topic)
    {
        await using var producer = client.CreateProducer();
        var stored = await producer.SendAsync(topic, key: null, Encoding.UTF8.GetBytes("whispered"));
        await using var consumer = client.CreateConsumer();
        consumer.Assign(new TopicPartitionOffset(stored.Partition, stored.Offset));
        var record = Assert.Single(await consumer.TakeAsync(1));
        Assert.Equal("whispered", Encoding.UTF8.GetString(record.Value!.Value.Span));
    }
}
