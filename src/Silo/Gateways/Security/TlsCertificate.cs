using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace OrleansStream.Silo.Gateways.Security;

/// <summary>Reads certificates, and who they are of.</summary>
internal static class TlsCertificate
{
    /// <summary>The certificate with its key, and those of its issuers that came with it.</summary>
    /// <exception cref="System.Security.Cryptography.CryptographicException">The files hold no such thing.</exception>
    public static (X509Certificate2 Certificate, X509Certificate2Collection Issuers) Load(TlsOptions options)
    {
        var path = options.Certificate!;
        if (Path.GetExtension(path).ToLowerInvariant() is ".pfx" or ".p12")
        {
            var all = X509CertificateLoader.LoadPkcs12CollectionFromFile(path, options.Password);
            var own = all.FirstOrDefault(one => one.HasPrivateKey)
                ?? throw new ArgumentException($"{path} has no key.");
            all.Remove(own);
            return (own, all);
        }

        var certificate = options.Password is null
            ? X509Certificate2.CreateFromPemFile(path, options.Key)
            : X509Certificate2.CreateFromEncryptedPemFile(path, options.Password, options.Key);
        var issuers = new X509Certificate2Collection();
        issuers.ImportFromPemFile(path);
        issuers.RemoveAt(0);
        return (certificate, issuers);
    }

    /// <summary>The principal that a client's certificate is of: its subject, most specific part first.</summary>
    /// <remarks>
    /// As Kafka writes it, by https://www.rfc-editor.org/rfc/rfc2253#section-2: <c>User:CN=alice,O=home</c>.
    /// </remarks>
    public static string PrincipalOf(X509Certificate2 certificate)
    {
        var parts = certificate.SubjectName
            .EnumerateRelativeDistinguishedNames()
            .Select(part => $"{NameOf(part)}={Escape(part.GetSingleElementValue() ?? "")}");
        return $"User:{string.Join(',', parts)}";
    }

    private static string NameOf(X500RelativeDistinguishedName part)
    {
        var type = part.GetSingleElementType();
        return type.Value switch
        {
            "2.5.4.3" => "CN",
            "2.5.4.6" => "C",
            "2.5.4.7" => "L",
            "2.5.4.8" => "ST",
            "2.5.4.9" => "STREET",
            "2.5.4.10" => "O",
            "2.5.4.11" => "OU",
            "0.9.2342.19200300.100.1.1" => "UID",
            "0.9.2342.19200300.100.1.25" => "DC",
            _ => type.Value!,
        };
    }

    private static string Escape(string value)
    {
        var escaped = new StringBuilder(value.Length);
        for (var i = 0; i < value.Length; i++)
        {
            var isOutside = (i == 0 && value[i] is ' ' or '#') || (i == value.Length - 1 && value[i] == ' ');
            if (isOutside || value[i] is ',' or '+' or '"' or '\\' or '<' or '>' or ';')
            {
                escaped.Append('\\');
            }

            escaped.Append(value[i]);
        }

        return escaped.ToString();
    }
}
