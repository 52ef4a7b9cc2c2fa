using OrleansStream.Contracts;

namespace OrleansStream.Silo.Hosting;

/// <summary>
/// Brings the service up in this process and down again, whoever runs it. The seam between the two engines.
/// </summary>
internal interface IClusterHost
{
    /// <summary>Opens storage and recovers. Called once, before any gateway opens.</summary>
    /// <exception cref="StartFailedException">The storage cannot be opened.</exception>
    Task OpenAsync(CancellationToken cancellationToken);

    /// <summary>The service, between open and close.</summary>
    ICluster Cluster { get; }

    /// <summary>
    /// Finishes what was acknowledged and lets go of the storage. Does nothing when nothing was opened.
    /// </summary>
    Task CloseAsync();
}
