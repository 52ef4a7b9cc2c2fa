using BenchmarkDotNet.Attributes;
using OrleansStream.Contracts;
using OrleansStream.Engine.Log;
using OrleansStream.Protocols.Batches;

namespace OrleansStream.Micro.Engine;

/// <summary>The log alone, in memory: what giving a batch its place costs beyond copying it.</summary>
[MemoryDiagnoser]
public class PartitionLogAppend
{
    private const int KeptBytes = 1_024 * 1_024;

    private readonly ReusedMemory _memory = new();
    private readonly byte[] _target = new byte[KeptBytes];
    private PartitionLog _log = null!;
    private byte[] _batch = [];
    private BatchCheck _check;
    private int _filledBytes;

    [Params(256, 1_024)]
    public int RecordBytes { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _batch = Records.Batch(RecordBytes, recordCount: 1);
        _check = BatchValidator.Check(_batch, BatchLimits.Of(TopicConfig.Default, now: 0) with { Now = Now() });
        _log = new PartitionLog(new LogOpening(PartitionHead.Empty, [], [], default), _memory);
    }

    [Benchmark(Baseline = true)]
    public void Copy()
    {
        if (_target.Length - _filledBytes < _batch.Length)
        {
            _filledBytes = 0;
        }

        _batch.CopyTo(_target.AsSpan(_filledBytes));
        _filledBytes += _batch.Length;
    }

    [Benchmark]
    public long Append()
    {
        var outcome = _log.Append(_batch, _check.Header, _check.MaxTimestamp, null, now: 0, _batch.Length);
        _log.ForgetOldChunks(KeptBytes);
        return outcome.BaseOffset;
    }

    private static long Now() => TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Gives back the chunks it got back, as a busy store does.</summary>
    private sealed class ReusedMemory : ITailMemory
    {
        private readonly Stack<byte[]> _free = [];

        public byte[] Rent(int sizeBytes)
            => _free.TryPeek(out var chunk) && chunk.Length >= sizeBytes
                ? _free.Pop()
                : GC.AllocateUninitializedArray<byte>(sizeBytes);

        public void Return(byte[] chunk, long chargedBytes) => _free.Push(chunk);
    }
}
