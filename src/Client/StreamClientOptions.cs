using System.ComponentModel.DataAnnotations;

namespace OrleansStream.Client;

/// <summary>How to reach a cluster. Bound from the section <c>OrleansStream:Client</c> and checked at start.</summary>
public sealed class StreamClientOptions
{
    /// <summary>Hosts and ports to begin with, separated by commas; the others are found through them.</summary>
    [Required]
    public string BootstrapServers { get; init; } = "localhost:9092";

    /// <summary>By which name servers log this program.</summary>
    public string ClientId { get; init; } = "orleansstream";

    /// <summary>How long a connection may take to be opened, with TLS and login.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00")]
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a server may take to answer; then the connection is given up.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:30:00")]
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a call is repeated while the cluster cannot be reached or is not ready. Long enough for a server to be
    /// restarted.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00")]
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The first pause before something is tried again; it doubles each time.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00")]
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>The longest pause. Short: a server that comes back is to be found soon.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:10:00")]
    public TimeSpan MaxRetryDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long is trusted what was learnt about topics and their leaders, if nothing contradicts it.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan MetadataMaxAge { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Whether a topic that does not exist is created when it is written to, where the cluster lets.</summary>
    public bool AutoCreateTopics { get; init; } = true;

    /// <summary>The longest answer accepted, in bytes. A fetch of large batches stays below it.</summary>
    [Range(1_024, 1 << 30)]
    public int MaxFrameBytes { get; init; } = 128 * 1_024 * 1_024;

    /// <summary>Null for connections in plain text.</summary>
    public TlsOptions? Tls { get; init; }

    /// <summary>Null when the cluster wants no login.</summary>
    public SaslOptions? Sasl { get; init; }
}

/// <summary>How connections are encrypted.</summary>
public sealed class TlsOptions
{
    /// <summary>The name the server's certificate must have; by default the host connected to.</summary>
    public string? TargetHost { get; init; }

    /// <summary>A PEM file of the authorities to trust; by default those of the machine.</summary>
    public string? AuthorityFile { get; init; }

    /// <summary>A PEM file with the certificate by which this program shows who it is, and its key.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>Off only against a test server: then anybody can pretend to be it.</summary>
    public bool ChecksCertificate { get; init; } = true;
}

/// <summary>How to log in.</summary>
public sealed class SaslOptions
{
    /// <summary><c>PLAIN</c>, <c>SCRAM-SHA-256</c> or <c>SCRAM-SHA-512</c>.</summary>
    [Required]
    public string Mechanism { get; init; } = "SCRAM-SHA-256";

    [Required]
    public string User { get; init; } = "";

    [Required]
    public string Password { get; init; } = "";
}
