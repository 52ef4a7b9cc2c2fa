using System.ComponentModel.DataAnnotations;

namespace OrleansStream.Silo.Http;

/// <summary>Where health, version and metrics are served. Bound from <c>Http</c> and checked at start.</summary>
public sealed class HttpOptions
{
    /// <summary>The port for HTTP; 0 takes any free one.</summary>
    [Range(0, 65_535)]
    public int Port { get; init; } = 8080;

    /// <summary>How many HTTP connections are served at once; one more is closed when it arrives.</summary>
    [Range(1, 100_000)]
    public int MaxConnections { get; init; } = 1_000;
}
