using Microsoft.Extensions.Options;
using OrleansStream.Contracts;
using OrleansStream.Embedded;
using OrleansStream.Engine.Hosting;
using OrleansStream.Engine.Storage;
using OrleansStream.Engine.Storage.Local;
using OrleansStream.Engine.Storage.Memory;

namespace OrleansStream.Silo.Hosting;

/// <summary>Runs the whole service in this process, over the storage that the options name.</summary>
internal sealed class EmbeddedHost(
    IOptions<SiloOptions> silo, IOptions<EngineOptions> engine, ILoggerFactory loggers, TimeProvider time) : IClusterHost
{
    private LocalCluster? _cluster;

    public ICluster Cluster => _cluster ?? throw new InvalidOperationException("The cluster is not open.");

    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        var location = silo.Value.StorageLocation;
        try
        {
            _cluster = await LocalCluster.OpenAsync(
                token => OpenStorageAsync(location, token), engine.Value, loggers, time, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartFailedException(
                ExitCode.StorageUnavailable, $"The storage {location} cannot be opened: {e.Message}", e);
        }
    }

    public async Task CloseAsync()
    {
        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }
    }

    private async Task<IStorage> OpenStorageAsync(StorageLocation location, CancellationToken cancellationToken)
        => location.Kind == StorageKind.Memory
            ? new MemoryStorage()
            : await LocalStorage.OpenAsync(location.Place, silo.Value.JournalSync, cancellationToken);
}
