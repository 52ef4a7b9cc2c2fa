using System.Buffers;
using OrleansStream.Protocols.Kafka;

namespace OrleansStream.Protocols.Tests.Kafka;

/// <summary>Messages as bytes, without frame and header.</summary>
internal static class WireBytes
{
    public static byte[] Encode<T>(T message, int version, bool flexible)
        where T : IKafkaStruct<T>
    {
        using var writer = new KafkaWriter { Flexible = flexible };
        writer.WriteStruct(message, version);
        return Frame(writer)[KafkaFrame.LengthPrefixBytes..];
    }

    /// <summary>What was written, with the length prefix.</summary>
    public static byte[] Frame(KafkaWriter writer)
    {
        var output = new ArrayBufferWriter<byte>();
        writer.WriteFrameTo(output);
        return output.WrittenSpan.ToArray();
    }

    public static T Decode<T>(byte[] bytes, int version, bool flexible)
        where T : IKafkaStruct<T>
    {
        var reader = new KafkaReader(bytes) { Flexible = flexible };
        var message = reader.ReadStruct<T>(version);
        Assert.Equal(0, reader.RemainingBytes);
        return message;
    }
}
