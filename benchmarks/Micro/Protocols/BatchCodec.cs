using BenchmarkDotNet.Attributes;
using OrleansStream.Contracts;
using OrleansStream.Protocols.Batches;

namespace OrleansStream.Micro.Protocols;

/// <summary>What a batch costs before it reaches the log: its checksum, the check on entry, and building it.</summary>
[MemoryDiagnoser]
public class BatchCodec
{
    private readonly BatchBuilder _builder = new();
    private byte[] _batch = [];
    private byte[] _value = [];
    private BatchLimits _limits;

    [Params(1, 100)]
    public int Records { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _value = new byte[1_024];
        _batch = SampleBatch.Build(Records, _value.Length);
        _limits = BatchLimits.Of(TopicConfig.Default, 1_700_000_000_000);
    }

    [Benchmark(Baseline = true)]
    public uint Checksum() => Crc32C.Compute(_batch);

    [Benchmark]
    public StreamError Validate() => BatchValidator.Check(_batch, _limits).Error;

    [Benchmark]
    public int Build()
    {
        _builder.Reset();
        for (var i = 0; i < Records; i++)
        {
            _builder.Append(_value, 1_700_000_000_000);
        }

        return _builder.Build(CompressionCodec.None).Length;
    }
}
