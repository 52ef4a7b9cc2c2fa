using OrleansStream.TestKit.Storage;

namespace OrleansStream.TestKit.Clients;

/// <summary>A silo that clients log in to, with a users file and a certificate.</summary>
public sealed class SecuredSilo : IAsyncDisposable
{
    public const string Admin = "admin";
    public const string AdminPassword = "a:secret, of sorts";

    private const string Section = "Gateways:Kafka:Security:";

    private readonly TemporaryDirectory _directory = new();
    private readonly TestCertificate _certificate;
    private SiloProcess? _process;

    private SecuredSilo(TimeSpan certificateLife)
        => _certificate = TestCertificate.Create(
            Path.Combine(_directory.Path, "server.pem"), "CN=server", certificateLife);

    public string KafkaAddress => _process!.KafkaAddress;

    public string Output => _process!.Output;

    public string CertificateFile => _certificate.Path;

    /// <param name="protocol">As clients call it.</param>
    public static async Task<SecuredSilo> StartAsync(
        string protocol, Action<string> report, TimeSpan? certificateLife = null)
    {
        var silo = new SecuredSilo(certificateLife ?? TimeSpan.FromDays(1));
        var users = Path.Combine(silo._directory.Path, "users");
        await File.WriteAllTextAsync(users, $"# users\n{Admin}:{AdminPassword}\n");
        silo._process = await SiloProcess.StartAsync(
            Path.Combine(silo._directory.Path, "data"),
            report,
            "--kafka-security",
            protocol,
            "--set",
            $"{Section}UsersFile={users}",
            "--set",
            $"{Section}Authorize=true",
            "--set",
            $"{Section}SuperUsers=User:{Admin}",
            "--set",
            $"{Section}Tls:Certificate={silo.CertificateFile}");
        return silo;
    }

    /// <summary>Stops it, so that all it has to say has been said.</summary>
    public Task StopAsync() => _process!.TerminateAsync();

    /// <summary>How often it has said so.</summary>
    public int CountLines(string text)
        => Output.Split('\n').Count(line => line.Contains(text, StringComparison.Ordinal));

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }

        _certificate.Dispose();
        _directory.Dispose();
    }
}
