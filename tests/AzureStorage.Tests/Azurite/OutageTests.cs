using Microsoft.Extensions.Logging.Abstractions;
using OrleansStream.Client;
using OrleansStream.Contracts;
using OrleansStream.Embedded;
using OrleansStream.Engine.Hosting;
using OrleansStream.Engine.Storage;
using OrleansStream.TestKit.Batches;
using OrleansStream.TestKit.Clients;

namespace OrleansStream.AzureStorage.Tests.Azurite;

[Collection(AzuriteCollection.Name)]
public sealed class OutageTests : IAsyncLifetime
{
    private const int FailedOpenings = 2;
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    private readonly FaultProxy _blobs = FaultProxy.StartForBytes();
    private readonly FaultProxy _tables = FaultProxy.StartForBytes();
    private readonly AzuriteFixture _fixture = new();
    private readonly SemaphoreSlim _failures = new(0);

    public Task InitializeAsync()
    {
        Connect();
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _blobs.DisposeAsync();
        await _tables.DisposeAsync();
    }

    [Fact]
    public async Task While_the_storage_cannot_be_reached_appends_are_refused_and_producers_wait()
    {
        await using var cluster = await LocalCluster.OpenAsync(
            OpenStorageAsync, new EngineOptions(), NullLoggerFactory.Instance, TimeProvider.System, default);
        var created = await cluster.Topics.CreateAsync(new("topic", 1, new Dictionary<string, string>()), default);
        await using var producer = StreamClient.Over(cluster).CreateProducer();
        Assert.Equal(0, (await producer.SendAsync("topic", key: null, new byte[] { 1 })).Offset);

        _blobs.CutOff();
        _tables.CutOff();
        var refused = await cluster.GetPartition(new(created.Topic!.Id, 0)).AppendAsync(
            new(TestBatch.Of(valueBytes: 10), Acks.All, s_patience), default);
        Assert.Equal(StreamError.StorageFailed, refused.Error);
        Assert.Contains("journal/", refused.Message, StringComparison.Ordinal);
        var sending = producer.SendAsync("topic", key: null, new byte[] { 2 });
        for (var failure = 0; failure < FailedOpenings; failure++)
        {
            Assert.True(await _failures.WaitAsync(s_patience));
        }

        Assert.False(sending.IsCompleted);
        Connect();
        Assert.Equal(1, (await sending.AsTask().WaitAsync(s_patience)).Offset);
    }

    private void Connect()
        => (_blobs.Target, _tables.Target) = (AzuriteServer.Process.BlobAddress, AzuriteServer.Process.TableAddress);

    private async Task<IStorage> OpenStorageAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _fixture.OpenAsync(
                transport: null,
                takeOver: true,
                connection: AzuriteProcess.Connect(_blobs.Address, _tables.Address));
        }
        catch (IOException)
        {
            _failures.Release();
            throw;
        }
    }
}
