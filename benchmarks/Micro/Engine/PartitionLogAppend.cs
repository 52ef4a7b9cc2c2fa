using BenchmarkDotNet.Attributes;
using OrleansStream.Engine.Log;
using OrleansStream.Protocols.Batches;

namespace OrleansStream.Micro.Engine;

/// <summary>One append to a log in memory: no journal, no waiting, no lock.</summary>
[MemoryDiagnoser]
public class PartitionLogAppend
{
    private const long KeptBytes = 16 * 1_024 * 1_024;

    private readonly ReusedMemory _memory = new();
    private byte[] _batch = [];
    private byte[] _copy = [];
    private BatchHeader _header;
    private PartitionLog _log = null!; // Set by SetUp.

    [Params(1, 100)]
    public int Records { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _batch = SampleBatch.Build(Records, 1_024);
        _copy = new byte[_batch.Length];
        BatchHeader.TryRead(_batch, out _header);
        _log = new PartitionLog(new LogOpening(PartitionHead.Empty with { Epoch = 1 }, [], [], default), _memory);
    }

    [Benchmark(Baseline = true)]
    public void Copy() => _batch.CopyTo(_copy, 0);

    [Benchmark]
    public long Append()
    {
        var outcome = _log.Append(
            _batch, _header, _header.MaxTimestamp, null, 1_700_000_000_000, _batch.Length);
        _log.ForgetOldChunks(KeptBytes);
        return outcome.BaseOffset;
    }

    /// <summary>Hands the same chunks out again, as a running silo's pool does.</summary>
    private sealed class ReusedMemory : ITailMemory
    {
        private readonly Stack<byte[]> _free = [];

        public byte[] Rent(int sizeBytes)
            => _free.TryPeek(out var chunk) && chunk.Length >= sizeBytes ? _free.Pop() : new byte[sizeBytes];

        public void Return(byte[] chunk, long chargedBytes) => _free.Push(chunk);
    }
}
