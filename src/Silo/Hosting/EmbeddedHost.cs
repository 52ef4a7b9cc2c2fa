using OrleansStream.Contracts;

namespace OrleansStream.Silo.Hosting;

internal sealed class EmbeddedHost : IClusterHost
{
    public ICluster Cluster => null!;
    public Task OpenAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task CloseAsync() => Task.CompletedTask;
}
