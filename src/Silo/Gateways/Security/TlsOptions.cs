using System.ComponentModel.DataAnnotations;

namespace OrleansStream.Silo.Gateways.Security;

/// <summary>Whether clients show certificates of their own.</summary>
public enum ClientAuth
{
    /// <summary>They are not asked to.</summary>
    None,

    /// <summary>They may, and are then known by its subject.</summary>
    Requested,

    /// <summary>They must.</summary>
    Required,
}

/// <summary>How connections are encrypted, with TLS 1.2 or newer.</summary>
public sealed class TlsOptions
{
    /// <summary>
    /// The certificate's file: PEM, with the certificates of those who signed it after it, or PKCS #12 (.pfx, .p12).
    /// Read again on change, for new connections.
    /// </summary>
    public string? Certificate { get; init; }

    /// <summary>The file of a PEM certificate's key; by default it is in the certificate's file.</summary>
    public string? Key { get; init; }

    /// <summary>What the key, or the PKCS #12 file, is encrypted with.</summary>
    public string? Password { get; init; }

    /// <summary>Whether clients show certificates: none, requested or required.</summary>
    [EnumDataType(typeof(ClientAuth))]
    public ClientAuth ClientAuth { get; init; } = ClientAuth.None;

    /// <summary>The PEM file of those whose signature on a client's certificate is trusted; nobody else's is.</summary>
    public string? ClientCa { get; init; }
}
