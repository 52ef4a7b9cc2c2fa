using Microsoft.Extensions.Logging.Abstractions;
using OrleansStream.Contracts;
using OrleansStream.Embedded;
using OrleansStream.Engine.Storage.Local;
using OrleansStream.TestKit.Contracts;
using OrleansStream.TestKit.Storage;

namespace OrleansStream.Client.Tests;

/// <summary>A cluster in the process of the tests.</summary>
public sealed class OpenedCluster : IClientFixture, IAsyncLifetime, IDisposable
{
    private readonly TemporaryDirectory _data = new();
    private LocalCluster? _cluster;

    public ICluster Cluster => _cluster!;

    public StreamClient Client => StreamClient.Over(Cluster);

    public async Task InitializeAsync() => _cluster = await LocalCluster.OpenAsync(
        async token => await LocalStorage.OpenAsync(_data.Path, JournalSync.Always, token),
        GroupClient.Options,
        NullLoggerFactory.Instance,
        TimeProvider.System,
        default);

    public async Task DisposeAsync() => await _cluster!.DisposeAsync();

    public void Dispose() => _data.Dispose();
}
