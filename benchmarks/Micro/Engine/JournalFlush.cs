using BenchmarkDotNet.Attributes;
using OrleansStream.Engine.Storage;
using OrleansStream.Engine.Storage.Local;
using OrleansStream.TestKit;

namespace OrleansStream.Micro.Engine;

/// <summary>The journal's file: what an append costs with and without waiting for the disk.</summary>
[MemoryDiagnoser]
public class JournalFlush
{
    private const string FileName = "micro";

    private string _directory = "";
    private LocalStorage _storage = null!;
    private IJournalWriter _writer = null!;
    private byte[] _block = [];

    [Params(4 * 1_024, 64 * 1_024)]
    public int BlockBytes { get; set; }

    [GlobalSetup]
    public async Task SetUpAsync()
    {
        _directory = Path.Combine(RepositoryRoot.Path, "artifacts", "micro", Guid.NewGuid().ToString("N"));
        _storage = await LocalStorage.OpenAsync(_directory, JournalSync.Always, CancellationToken.None);
        _writer = await _storage.Journals.CreateAsync(FileName, CancellationToken.None);
        _block = Records.Value(BlockBytes);
    }

    [GlobalCleanup]
    public async Task CleanUpAsync()
    {
        await _writer.DisposeAsync();
        await _storage.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Benchmark(Baseline = true)]
    public async Task AppendAsync() => await _writer.AppendAsync(_writer.LengthBytes, _block, CancellationToken.None);

    [Benchmark]
    public async Task AppendAndFlushAsync()
    {
        await _writer.AppendAsync(_writer.LengthBytes, _block, CancellationToken.None);
        await _writer.FlushAsync(CancellationToken.None);
    }
}
