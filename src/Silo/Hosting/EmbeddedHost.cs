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
    IOptions<SiloOptions> silo,
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
                ChooseStorage(silo.Value), engine.Value, loggers, time, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartFailedException(
                ExitCode.StorageUnavailable,
                $"The storage {silo.Value.StorageLocation} cannot be opened. {e.Message}",
                e);
        }
    }

    public async Task CloseAsync()
    {
        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }
    }

    // Called again whenever the storage has failed and is opened anew: memory must then still be there.
    private static Func<CancellationToken, Task<IStorage>> ChooseStorage(SiloOptions options)
    {
        if (options.StorageLocation.Kind == StorageKind.Memory)
        {
            var memory = new MemoryStorage();
            return _ => Task.FromResult<IStorage>(memory);
        }

        return async cancellationToken =>
            await LocalStorage.OpenAsync(options.StorageLocation.Place, options.JournalSync, cancellationToken);
    }
}
