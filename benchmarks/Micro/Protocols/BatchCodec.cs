using BenchmarkDotNet.Attributes;
using OrleansStream.Contracts;
using OrleansStream.Protocols.Batches;

namespace OrleansStream.Micro.Protocols;

/// <summary>The lowest layer: what building and checking a batch costs beyond reading its bytes once.</summary>
[MemoryDiagnoser]
public class BatchCodec
{
    private readonly BatchBuilder _builder = new();
    private BatchLimits _limits;
    private long _timestamp;
    private byte[] _value = [];
    private byte[] _batch = [];
    private byte[] _copy = [];

    [Params(256, 1_024)]
    public int RecordBytes { get; set; }

    [Params(1, 100)]
    public int RecordCount { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _timestamp = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        _limits = BatchLimits.Of(TopicConfig.Default, _timestamp);
        _value = Records.Value(RecordBytes);
        _batch = Records.Batch(RecordBytes, RecordCount);
        _copy = new byte[_batch.Length];
    }

    [Benchmark(Baseline = true)]
    public void Copy() => _batch.CopyTo(_copy.AsSpan());

    [Benchmark]
    public uint Crc() => Crc32C.Compute(_batch);

    [Benchmark]
    public int Build()
    {
        _builder.Reset();
        for (var i = 0; i < RecordCount; i++)
        {
            _builder.Append(_value, _timestamp);
        }

        return _builder.Build().Length;
    }

    [Benchmark]
    public bool Validate() => BatchValidator.Check(_batch, _limits).IsGood;
}
