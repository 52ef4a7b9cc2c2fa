using BenchmarkDotNet.Attributes;
using OrleansStream.Engine.Storage;
using OrleansStream.Engine.Storage.Local;
using OrleansStream.TestKit.Storage;

namespace OrleansStream.Micro.Engine;

/// <summary>What one write to a journal file costs, with its flush and without.</summary>
public class JournalFlush
{
    private readonly TemporaryDirectory _directory = new();
    private LocalStorage _storage = null!; // Set by SetUpAsync.
    private IJournalWriter _journal = null!; // Set by SetUpAsync.
    private byte[] _block = [];

    [Params(4_096, 1_048_576)]
    public int BlockBytes { get; set; }

    [GlobalSetup]
    public async Task SetUpAsync()
    {
        _storage = await LocalStorage.OpenAsync(_directory.Path, JournalSync.Always, CancellationToken.None);
        _journal = await _storage.Journals.CreateAsync("micro", CancellationToken.None);
        _block = new byte[BlockBytes];
    }

    [GlobalCleanup]
    public async Task CleanUpAsync()
    {
        await _journal.DisposeAsync();
        await _storage.DisposeAsync();
        _directory.Dispose();
    }

    [Benchmark(Baseline = true)]
    public ValueTask Append() => _journal.AppendAsync(_journal.LengthBytes, _block, CancellationToken.None);

    [Benchmark]
    public async ValueTask AppendAndFlush()
    {
        await _journal.AppendAsync(_journal.LengthBytes, _block, CancellationToken.None);
        await _journal.FlushAsync(CancellationToken.None);
    }
}
