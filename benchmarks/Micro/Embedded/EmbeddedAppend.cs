using BenchmarkDotNet.Attributes;
using OrleansStream.Contracts;
using OrleansStream.Embedded;
using OrleansStream.TestKit;

namespace OrleansStream.Micro.Embedded;

/// <summary>
/// The whole service in process, one producer: an append that waits for nothing, and one that waits for the disk.
/// </summary>
[MemoryDiagnoser]
public class EmbeddedAppend
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(30);

    private string _directory = "";
    private LocalCluster _cluster = null!;
    private IPartition _inMemory = null!;
    private IPartition _flushed = null!;
    private byte[] _batch = [];

    [Params(256, 1_024)]
    public int RecordBytes { get; set; }

    [GlobalSetup]
    public async Task SetUpAsync()
    {
        _directory = Path.Combine(RepositoryRoot.Path, "artifacts", "micro", Guid.NewGuid().ToString("N"));
        _cluster = await LocalCluster.OpenAsync(_directory);
        _inMemory = await CreateAsync("memory", new() { ["durability"] = "memory", ["retention.bytes"] = "1048576" });
        _flushed = await CreateAsync("flushed", []);
        _batch = Records.Batch(RecordBytes, recordCount: 1);
    }

    [GlobalCleanup]
    public async Task CleanUpAsync()
    {
        await _cluster.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Benchmark(Baseline = true)]
    public ValueTask<AppendReply> InMemory() => AppendAsync(_inMemory, Acks.Leader);

    [Benchmark]
    public ValueTask<AppendReply> Journaled() => AppendAsync(_flushed, Acks.Leader);

    [Benchmark]
    public ValueTask<AppendReply> Synced() => AppendAsync(_flushed, Acks.All);

    private ValueTask<AppendReply> AppendAsync(IPartition partition, Acks acks)
        => partition.AppendAsync(new AppendRequest(_batch, acks, s_timeout), CancellationToken.None);

    private async Task<IPartition> CreateAsync(string name, Dictionary<string, string> configs)
    {
        var reply = await _cluster.Topics.CreateAsync(new(name, 1, configs), CancellationToken.None);
        return _cluster.GetPartition(new(reply.Topic!.Id, 0));
    }
}
