using Microsoft.Extensions.Logging.Abstractions;
using OrleansStream.Contracts;
using OrleansStream.Engine.Storage;
using OrleansStream.Engine.Storage.Local;
using OrleansStream.Engine.Storage.Memory;
using OrleansStream.TestKit.Contracts;
using OrleansStream.TestKit.Storage;

namespace OrleansStream.Embedded.Tests;

/// <summary>A <see cref="LocalCluster"/> for the contract suites.</summary>
public abstract class EmbeddedFixture : ClusterFixture
{
    private LocalCluster _cluster = null!;

    public override ICluster Cluster => _cluster;

    public override async Task OpenAsync()
        => _cluster = await LocalCluster.OpenAsync(
            OpenStorageAsync, GroupClient.Options, NullLoggerFactory.Instance, TimeProvider.System, default);

    public override async Task RestartAsync()
    {
        await _cluster.DisposeAsync();
        await OpenAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await _cluster.DisposeAsync();
    }

    protected abstract Task<IStorage> OpenStorageAsync(CancellationToken cancellationToken);
}

/// <summary>Keeps its data in memory.</summary>
public sealed class MemoryClusterFixture : EmbeddedFixture
{
    private readonly MemoryStorage _storage = new();

    protected override Task<IStorage> OpenStorageAsync(CancellationToken cancellationToken)
        => Task.FromResult<IStorage>(_storage);
}

/// <summary>Keeps its data in a directory of its own.</summary>
public sealed class LocalClusterFixture : EmbeddedFixture
{
    private readonly TemporaryDirectory _directory = new();

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _directory.Dispose();
    }

    protected override async Task<IStorage> OpenStorageAsync(CancellationToken cancellationToken)
        => await LocalStorage.OpenAsync(_directory.Path, JournalSync.Always, cancellationToken);
}
