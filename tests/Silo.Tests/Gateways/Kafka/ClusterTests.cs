using Microsoft.Extensions.Logging.Abstractions;
using OrleansStream.Embedded;
using OrleansStream.Engine.Hosting;
using OrleansStream.Engine.Storage;
using OrleansStream.Engine.Storage.Memory;
using OrleansStream.Protocols.Batches;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;

namespace OrleansStream.Silo.Tests.Gateways.Kafka;

/// <summary>A real cluster in memory, and shorthands for what most tests ask of it.</summary>
public abstract class ClusterTests : IAsyncLifetime
{
    private readonly Func<CancellationToken, Task<IStorage>> _openStorage = KeepInMemory();
    private LocalCluster? _cluster;

    private protected RouterHarness Harness { get; private set; } = null!; // Set before the first test.

    private protected LocalCluster Cluster => _cluster!;

    public Task InitializeAsync() => OpenAsync();

    public async Task DisposeAsync() => await _cluster!.DisposeAsync();

    /// <summary>Stops the cluster and starts it again, which raises the leader epochs.</summary>
    private protected async Task RestartAsync()
    {
        await _cluster!.DisposeAsync();
        await OpenAsync();
    }

    /// <summary>Creates a topic and returns its id.</summary>
    private protected async Task<Guid> CreateTopicAsync(
        string name, int partitionCount = 1, params CreatableConfig[] configs)
    {
        var response = await Harness.AskAsync(new CreateTopicsRequest(
            [new CreatableTopic(name, partitionCount, ReplicationFactor: 1, [], configs)], TimeoutMs: 1_000, false));
        Assert.Equal((ErrorCode.None, null), (response.Topics[0].Error, response.Topics[0].ErrorMessage));
        return response.Topics[0].Id;
    }

    /// <summary>Appends one batch of records with these timestamps and returns its base offset.</summary>
    private protected async Task<long> ProduceAsync(string topic, params long[] timestamps)
    {
        var response = await Harness.AskAsync(new ProduceRequest(
            TransactionalId: null,
            Acks: -1,
            TimeoutMs: 10_000,
            [new(topic, [new ProducePartition(0, Batch(timestamps))])]));
        Assert.Equal(ErrorCode.None, response.Topics[0].Partitions[0].Error);
        return response.Topics[0].Partitions[0].BaseOffset;
    }

    /// <summary>A batch of records with these timestamps.</summary>
    private protected static ReadOnlyMemory<byte> Batch(params long[] timestamps)
    {
        var builder = new BatchBuilder();
        foreach (var timestamp in timestamps)
        {
            builder.Append("key"u8, "value"u8, timestamp);
        }

        return builder.Build(CompressionCodec.None).ToArray();
    }

    private static Func<CancellationToken, Task<IStorage>> KeepInMemory()
    {
        var storage = new MemoryStorage();
        return _ => Task.FromResult<IStorage>(storage);
    }

    private async Task OpenAsync()
    {
        _cluster = await LocalCluster.OpenAsync(
            _openStorage,
            new EngineOptions { DefaultPartitionCount = 2 },
            NullLoggerFactory.Instance,
            TimeProvider.System,
            CancellationToken.None);
        Harness = new RouterHarness(_cluster);
    }
}
