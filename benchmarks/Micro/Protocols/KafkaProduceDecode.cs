using System.Buffers;
using BenchmarkDotNet.Attributes;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;

namespace OrleansStream.Micro.Protocols;

/// <summary>Reading a Produce request of one record batch, beside copying its bytes.</summary>
[MemoryDiagnoser]
public class KafkaProduceDecode
{
    private const short Version = 9;

    private byte[] _frame = [];
    private byte[] _copy = [];

    [Params(1, 100)]
    public int Records { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        var request = new ProduceRequest(
            null, -1, 30_000, [new("topic", [new ProducePartition(0, SampleBatch.Build(Records, 1_024))])]);
        using var writer = new KafkaWriter();
        new RequestHeader(ApiKey.Produce, Version, 1, "micro").Write(writer);
        writer.WriteStruct(request, Version);
        var frame = new ArrayBufferWriter<byte>();
        writer.WriteFrameTo(frame);
        _frame = frame.WrittenSpan[sizeof(int)..].ToArray(); // Without the length.
        _copy = new byte[_frame.Length];
    }

    [Benchmark(Baseline = true)]
    public void Copy() => _frame.CopyTo(_copy, 0);

    [Benchmark]
    public int Decode()
    {
        var reader = new KafkaReader(_frame);
        var header = RequestHeader.Read(ref reader);
        return reader.ReadStruct<ProduceRequest>(header.ApiVersion).Topics.Count;
    }
}
