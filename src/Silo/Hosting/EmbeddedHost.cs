using Microsoft.Extensions.Options;
using OrleansStream.Contracts;
using OrleansStream.Embedded;
using OrleansStream.Engine.Hosting;

namespace OrleansStream.Silo.Hosting;

/// <summary>Runs the whole service in this process, over the storage that the options name.</summary>
internal sealed class EmbeddedHost(
    SiloStorage storage,
    IOptions<EngineOptions> engine,
    ILoggerFactory loggers,
    TimeProvider time) : IClusterHost
{
    private LocalCluster? _cluster;

    public ICluster Cluster => _cluster ?? throw new InvalidOperationException("The cluster is not open.");

    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        try
        {
            _cluster = await LocalCluster.OpenAsync(
                storage.OpenAsync, engine.Value, loggers, time, cancellationToken);
        }
        catch (Exception e) when (SiloStorage.IsUnavailable(e))
        {
            throw storage.CannotOpen(e);
        }
    }

    public async Task CloseAsync()
    {
        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }
    }
}
