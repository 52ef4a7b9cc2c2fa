using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansStream.Contracts;
using OrleansStream.Embedded;
using OrleansStream.Engine.Hosting;
using OrleansStream.Engine.Storage;
using OrleansStream.Engine.Storage.Memory;
using OrleansStream.TestKit.Storage;

namespace OrleansStream.Micro.Embedded;

/// <summary>
/// One append of one 1 KB record through the embedded cluster, one in flight, on each kind of durability.
/// </summary>
[MemoryDiagnoser]
public class EmbeddedAppend
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(30);

    private readonly byte[] _batch = SampleBatch.Build(1, 1_024);
    private readonly TemporaryDirectory _directory = new();
    private LocalCluster _onDisk = null!; // Set by SetUpAsync.
    private LocalCluster _inMemory = null!; // Set by SetUpAsync.
    private IPartition _flushed = null!; // Set by SetUpAsync.
    private IPartition _unsynced = null!; // Set by SetUpAsync.
    private IPartition _kept = null!; // Set by SetUpAsync.

    [GlobalSetup]
    public async Task SetUpAsync()
    {
        _onDisk = await LocalCluster.OpenAsync(_directory.Path);
        _flushed = await CreateAsync(_onDisk, "flushed", []);
        _kept = await CreateAsync(
            _onDisk, "kept", new() { ["durability"] = "memory", ["retention.bytes"] = "16777216" });
        var storage = new MemoryStorage();
        _inMemory = await LocalCluster.OpenAsync(
            _ => Task.FromResult<IStorage>(storage),
            new EngineOptions(),
            NullLoggerFactory.Instance,
            TimeProvider.System,
            CancellationToken.None);
        _unsynced = await CreateAsync(_inMemory, "unsynced", new() { ["retention.bytes"] = "16777216" });
    }

    [GlobalCleanup]
    public async Task CleanUpAsync()
    {
        await _onDisk.DisposeAsync();
        await _inMemory.DisposeAsync();
        _directory.Dispose();
    }

    /// <summary>The engine alone: no journal.</summary>
    [Benchmark(Baseline = true)]
    public ValueTask<AppendReply> Memory() => AppendAsync(_kept, Acks.Leader);

    /// <summary>With a journal that never touches a disk.</summary>
    [Benchmark]
    public ValueTask<AppendReply> AllInMemory() => AppendAsync(_unsynced, Acks.All);

    /// <summary>With a journal that syncs: one append pays for a whole flush.</summary>
    [Benchmark]
    public ValueTask<AppendReply> AllOnDisk() => AppendAsync(_flushed, Acks.All);

    private static async Task<IPartition> CreateAsync(
        LocalCluster cluster, string name, Dictionary<string, string> configs)
    {
        var reply = await cluster.Topics.CreateAsync(new CreateTopicRequest(name, 1, configs), CancellationToken.None);
        return cluster.GetPartition(new PartitionId(reply.Topic!.Id, 0));
    }

    private ValueTask<AppendReply> AppendAsync(IPartition partition, Acks acks)
        => partition.AppendAsync(new AppendRequest(_batch, acks, s_timeout), CancellationToken.None);
}
