using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using OrleansStream.Silo.Gateways;
using OrleansStream.Silo.Gateways.Security;
using OrleansStream.TestKit.Clients;
using OrleansStream.TestKit.Storage;

namespace OrleansStream.Silo.Tests.Gateways.Security;

public sealed class TlsTests : IDisposable
{
    private static readonly TimeSpan s_life = TimeSpan.FromDays(1);

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_megabyte_goes_there_and_back_encrypted()
    {
        using var certificate = Create("server", "CN=server");
        using var gateway = Open(certificate);
        await using var listener = await ListenAsync(gateway);
        using var client = await ConnectAsync(listener, certificate.Certificate);

        await EchoAsync(client, new string('x', 1_024 * 1_024));

        await gateway.Connections.DrainAsync().WaitAsync(Waits.Long);
        Assert.Equal(0, await client.ReadAsync(new byte[1]).AsTask().WaitAsync(Waits.Long));
    }

    [Fact]
    public async Task Whoever_speaks_no_tls_is_closed_and_counted()
    {
        using var certificate = Create("server", "CN=server");
        using var gateway = Open(certificate);
        await using var listener = await ListenAsync(gateway);
        using var failures = new FailureCount();
        using var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)listener.Address);

        await client.GetStream().WriteAsync(GatewayClient.ToFrame("plain text"u8.ToArray()));

        Assert.Equal(0, await client.GetStream().ReadAsync(new byte[1]).AsTask().WaitAsync(Waits.Long));
        await gateway.Connections.DrainAsync().WaitAsync(Waits.Long);
        Assert.Equal(1, failures.Total);
    }

    [Fact]
    public async Task A_new_certificate_is_shown_to_new_connections_and_a_broken_one_is_not()
    {
        using var first = Create("server", "CN=first");
        using var gateway = Open(first);
        await using var listener = await ListenAsync(gateway);
        using var early = await ConnectAsync(listener, first.Certificate);

        using var second = Create("server", "CN=second-of-another-length");
        using (var client = await ConnectAsync(listener, second.Certificate))
        {
            await EchoAsync(client, "new");
        }

        await File.WriteAllTextAsync(second.Path, "no certificate");
        using (var client = await ConnectAsync(listener, second.Certificate))
        {
            await EchoAsync(client, "still new");
        }

        await EchoAsync(early, "old");
        await gateway.Connections.DrainAsync().WaitAsync(Waits.Long);
    }

    [Theory]
    [InlineData(ClientAuth.Requested, true)]
    [InlineData(ClientAuth.Required, false)]
    public async Task A_client_without_a_certificate_is_refused_where_one_is_required(ClientAuth auth, bool isServed)
    {
        using var server = Create("server", "CN=server");
        using var alice = Create("alice", "CN=alice, O=home");
        using var gateway = Open(server, auth, alice.Path);
        await using var listener = await ListenAsync(gateway);
        using var failures = new FailureCount();

        using (var known = await ConnectAsync(listener, server.Certificate, alice.Certificate))
        {
            await EchoAsync(known, "known");
        }

        Assert.Equal(0, failures.Total);
        using (var stranger = await ConnectAsync(listener, server.Certificate))
        {
            var thrown = await Record.ExceptionAsync(() => EchoAsync(stranger, "stranger"));
            Assert.Equal(isServed, thrown is null);
        }

        await gateway.Connections.DrainAsync().WaitAsync(Waits.Long);
        Assert.Equal(isServed ? 0 : 1, failures.Total);
    }

    [Theory]
    [InlineData("CN=alice", "User:CN=alice")]
    [InlineData("CN=alice, OU=team, O=home, C=DE", "User:CN=alice,OU=team,O=home,C=DE")]
    [InlineData("CN=\"a,b+c\", O=\" x \"", "User:CN=a\\,b\\+c,O=\\ x\\ ")]
    public void A_principal_is_the_subject_as_kafka_writes_it(string subject, string expected)
    {
        using var certificate = Create("client", subject);

        Assert.Equal(expected, TlsCertificate.PrincipalOf(certificate.Certificate));
    }

    [Fact]
    public void A_certificate_that_cannot_be_used_is_named_at_the_start()
    {
        using var certificate = Create("server", "CN=server");
        var pfx = Path.Combine(_directory.Path, "server.pfx");
        File.WriteAllBytes(pfx, X509Certificate2.CreateFromPemFile(certificate.Path).Export(X509ContentType.Pfx, "pw"));

        Assert.Null(TlsServer.FindMistake(new TlsOptions { Certificate = certificate.Path }));
        Assert.Null(TlsServer.FindMistake(new TlsOptions { Certificate = pfx, Password = "pw" }));
        Assert.NotNull(TlsServer.FindMistake(new TlsOptions { Certificate = pfx, Password = "wrong" }));
        Assert.NotNull(TlsServer.FindMistake(new TlsOptions { Certificate = pfx + ".missing" }));
        Assert.NotNull(TlsServer.FindMistake(new TlsOptions()));
        Assert.NotNull(TlsServer.FindMistake(
            new TlsOptions { Certificate = certificate.Path, ClientAuth = ClientAuth.Required }));
    }

    private TestCertificate Create(string file, string subject)
        => TestCertificate.Create(Path.Combine(_directory.Path, file), subject, s_life);

    private static GatewayHarness Open(
        TestCertificate certificate, ClientAuth auth = ClientAuth.None, string? clientCa = null)
        => new(securityOptions: new SecurityOptions
        {
            Protocol = "ssl",
            Tls = new TlsOptions { Certificate = certificate.Path, ClientAuth = auth, ClientCa = clientCa },
        });

    private static Task<GatewayListener> ListenAsync(GatewayHarness gateway) => GatewayListener.OpenAsync(
        new SocketTransportFactory(Options.Create(new SocketTransportOptions()), NullLoggerFactory.Instance),
        new IPEndPoint(IPAddress.Loopback, port: 0),
        gateway.Gateway,
        gateway.Connections,
        CancellationToken.None);

    private static async Task<SslStream> ConnectAsync(
        GatewayListener listener, X509Certificate2 expected, X509Certificate2? own = null)
    {
        var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)listener.Address);
        var stream = new SslStream(client.GetStream());
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            ClientCertificateContext = own is null
                ? null
                : SslStreamCertificateContext.Create(own, null, offline: true),
            RemoteCertificateValidationCallback = (_, shown, _, _)
                => shown!.GetCertHashString() == expected.GetCertHashString(),
        }).WaitAsync(Waits.Long);
        return stream;
    }

    private static async Task EchoAsync(SslStream client, string text)
    {
        var frame = GatewayClient.ToFrame(Encoding.ASCII.GetBytes(text));
        var reply = new byte[frame.Length];
        var writing = client.WriteAsync(frame).AsTask();
        await client.ReadExactlyAsync(reply).AsTask().WaitAsync(Waits.Long);
        await writing;
        Assert.Equal(frame, reply);
    }

    /// <summary>Counts the clients that could not log in.</summary>
    private sealed class FailureCount : IDisposable
    {
        private readonly MeterListener _listener = new();
        private long _total;

        public FailureCount()
        {
            _listener.InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Name == "ostream.gateway.authentication.failed")
                {
                    self.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<long>((_, value, _, _) => Interlocked.Add(ref _total, value));
            _listener.Start();
        }

        public long Total => Interlocked.Read(ref _total);

        public void Dispose() => _listener.Dispose();
    }
}
