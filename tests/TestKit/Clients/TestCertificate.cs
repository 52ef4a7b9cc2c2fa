using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OrleansStream.TestKit.Clients;

/// <summary>A certificate that has signed itself, with its key, as a PEM file: clients trust the file.</summary>
public sealed class TestCertificate : IDisposable
{
    private static readonly TimeSpan s_age = TimeSpan.FromDays(2);

    private TestCertificate(string path, X509Certificate2 certificate)
    {
        Path = path;
        Certificate = certificate;
    }

    public string Path { get; }

    public X509Certificate2 Certificate { get; }

    /// <param name="life">How long from now on it is valid; negative for one that has expired.</param>
    public static TestCertificate Create(string path, string subject, TimeSpan life)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, critical: true));
        var now = TimeProvider.System.GetUtcNow();
        var certificate = request.CreateSelfSigned(now - s_age, now + life);
        File.WriteAllText(
            path, $"{certificate.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n");
        return new TestCertificate(path, certificate);
    }

    public void Dispose() => Certificate.Dispose();
}
