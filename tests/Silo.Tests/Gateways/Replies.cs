using System.Buffers.Binary;
using OrleansStream.Protocols;
using OrleansStream.Silo.Gateways.Kafka;

namespace OrleansStream.Silo.Tests.Gateways;

/// <summary>Builds replies, which for the connection are bytes with their length in front.</summary>
internal static class Replies
{
    /// <summary>A reply in rented memory that says what the request said.</summary>
    public static KafkaReply Echo(byte[] request)
    {
        var buffer = PooledBuffer.Rent(sizeof(int) + request.Length);
        BinaryPrimitives.WriteInt32BigEndian(buffer.Span, request.Length);
        request.CopyTo(buffer.Span[sizeof(int)..]);
        return new KafkaReply(buffer);
    }

    /// <summary>A reply in several pieces, of which only the first is rented.</summary>
    public static KafkaReply InPieces(IReadOnlyList<byte[]> pieces)
    {
        var head = PooledBuffer.Rent(sizeof(int));
        BinaryPrimitives.WriteInt32BigEndian(head.Span, pieces.Sum(piece => piece.Length));
        return new KafkaReply(head.Memory, [.. pieces.Select(piece => (ReadOnlyMemory<byte>)piece)], head);
    }
}
