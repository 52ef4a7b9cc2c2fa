using System.Reflection;
using Microsoft.Extensions.Options;
using OrleansStream.Silo.Hosting;

namespace OrleansStream.Silo.Http;

/// <summary>Says over HTTP whether the silo lives, whether clients can use it, and what it is.</summary>
internal static class StatusEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        // Answers as soon as the process listens: whoever restarts dead processes must not restart a slow recovery.
        routes.MapGet("/health/live", () => TypedResults.Text("live\n"));
        routes.MapGet("/health/ready", (SiloStatus status) => TypedResults.Text(
            $"{status.Phase.ToString().ToLowerInvariant()}\n",
            statusCode: status.Phase == SiloPhase.Open
                ? StatusCodes.Status200OK
                : StatusCodes.Status503ServiceUnavailable));
        routes.MapGet("/version", (SiloStatus status, IOptions<SiloOptions> options)
            => TypedResults.Json(Describe(status, options.Value)));
    }

    private static VersionDocument Describe(SiloStatus status, SiloOptions options)
    {
        // The build appends the commit it was made from, where it knows it.
        var parts = typeof(StatusEndpoints).Assembly
            .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+', 2);
        return new(
            parts[0],
            parts.Length > 1 ? parts[1] : null,
            options.Engine.ToString().ToLowerInvariant(),
            (long)status.Uptime.TotalSeconds);
    }

    /// <param name="Commit">Null when the build did not know it.</param>
    private sealed record VersionDocument(string Version, string? Commit, string Engine, long UptimeSeconds);
}
