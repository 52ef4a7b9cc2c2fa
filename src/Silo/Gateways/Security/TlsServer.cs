using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Options;

namespace OrleansStream.Silo.Gateways.Security;

/// <summary>Has what a TLS handshake takes on this side, and looks for a new certificate for each connection.</summary>
/// <remarks>
/// When the files have changed and cannot be used, such as while only one of two is there, the certificate stays as it
/// was. Thread-safe.
/// </remarks>
internal sealed partial class TlsServer(IOptions<SecurityOptions> options, TimeProvider time, ILogger<TlsServer> logger)
{
    private readonly TlsOptions _options = options.Value.Tls;
    private readonly Lock _gate = new();
    private (FileStamp Certificate, FileStamp Key) _stamp;
    private SslServerAuthenticationOptions? _current;

    /// <summary>Whether connections are to be encrypted at all.</summary>
    public bool IsOn => options.Value.UsesTls;

    /// <summary>For one new connection.</summary>
    public SslServerAuthenticationOptions Current
    {
        get
        {
            lock (_gate)
            {
                var stamp = (FileStamp.Of(_options.Certificate!), FileStamp.Of(_options.Key ?? _options.Certificate!));
                if (stamp != _stamp)
                {
                    _stamp = stamp;
                    Reload();
                }

                return _current ?? throw new AuthenticationException("There is no certificate.");
            }
        }
    }

    /// <summary>What is wrong with the options, as a sentence; null when nothing is.</summary>
    public static string? FindMistake(TlsOptions options)
    {
        if (options.Certificate is null)
        {
            return "a certificate is needed for ssl and sasl_ssl.";
        }

        if (options.ClientAuth != ClientAuth.None && options.ClientCa is null)
        {
            return "clients' certificates take a file of those who are trusted to sign them (ClientCa).";
        }

        try
        {
            TlsCertificate.Load(options);
            return null;
        }
        catch (Exception e) when (IsUnusable(e))
        {
            return $"the certificate cannot be used. {e.Message}";
        }
    }

    private void Reload()
    {
        try
        {
            var (certificate, issuers) = TlsCertificate.Load(_options);
            _current = Create(certificate, issuers);
            LogCertificate(certificate.Subject, certificate.NotAfter);
            var now = time.GetUtcNow();
            if (now > certificate.NotAfter || now < certificate.NotBefore)
            {
                LogNotValid(certificate.Subject, certificate.NotBefore, certificate.NotAfter);
            }
        }
        catch (Exception e) when (IsUnusable(e))
        {
            LogUnusable(e.Message);
        }
    }

    private SslServerAuthenticationOptions Create(X509Certificate2 certificate, X509Certificate2Collection issuers)
    {
        var server = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(certificate, issuers, offline: true),
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            ClientCertificateRequired = _options.ClientAuth != ClientAuth.None,
        };
        if (_options.ClientAuth != ClientAuth.None)
        {
            server.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            server.CertificateChainPolicy.CustomTrustStore.ImportFromPemFile(_options.ClientCa!);
        }

        if (_options.ClientAuth == ClientAuth.Requested)
        {
            server.RemoteCertificateValidationCallback = (_, shown, _, errors)
                => shown is null || errors == SslPolicyErrors.None;
        }

        return server;
    }

    private static bool IsUnusable(Exception e)
        => e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException;

    [LoggerMessage(4111, LogLevel.Information, "TLS certificate {Subject}, valid until {NotAfter:u}.")]
    private partial void LogCertificate(string subject, DateTime notAfter);

    [LoggerMessage(
        4112,
        LogLevel.Error,
        "The TLS certificate {Subject} is valid from {NotBefore:u} to {NotAfter:u}, not now: clients will refuse it.")]
    private partial void LogNotValid(string subject, DateTime notBefore, DateTime notAfter);

    [LoggerMessage(4113, LogLevel.Error, "The TLS certificate has changed and is not used; it is as before. {Reason}")]
    private partial void LogUnusable(string reason);
}
