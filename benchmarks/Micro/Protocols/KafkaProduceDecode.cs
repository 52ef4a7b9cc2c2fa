using System.Buffers;
using BenchmarkDotNet.Attributes;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;

namespace OrleansStream.Micro.Protocols;

/// <summary>What a Produce request costs between its bytes and its fields, beside copying it.</summary>
[MemoryDiagnoser]
public class KafkaProduceDecode
{
    private const short Version = 9;

    private byte[] _frame = [];
    private byte[] _copy = [];

    [Params(1, 16)]
    public int Partitions { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        var batch = Records.Batch(recordBytes: 1_024, recordCount: 1);
        var partitions = Enumerable.Range(0, Partitions).Select(index => new ProducePartition(index, batch)).ToArray();
        var request = new ProduceRequest(null, Acks: 1, TimeoutMs: 30_000, [new("topic", partitions)]);
        _frame = Encode(request)[KafkaFrame.LengthPrefixBytes..];
        _copy = new byte[_frame.Length];
    }

    [Benchmark(Baseline = true)]
    public void Copy() => _frame.CopyTo(_copy.AsSpan());

    [Benchmark]
    public int Decode()
    {
        var reader = new KafkaReader(_frame);
        RequestHeader.Read(ref reader);
        return reader.ReadStruct<ProduceRequest>(Version).Topics[0].Partitions.Count;
    }

    private static byte[] Encode(ProduceRequest request)
    {
        var output = new ArrayBufferWriter<byte>();
        using var writer = new KafkaWriter();
        new RequestHeader(ApiKey.Produce, Version, CorrelationId: 1, "micro").Write(writer);
        writer.WriteStruct(request, Version);
        writer.WriteFrameTo(output);
        return output.WrittenSpan.ToArray();
    }
}
