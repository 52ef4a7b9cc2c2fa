using System.Buffers;
using System.Buffers.Binary;

namespace OrleansStream.Protocols.Kafka;

/// <summary>Finds where a request or a response ends in a stream of bytes.</summary>
/// <remarks>
/// <code>
/// byte  0..3   length of what follows, signed, big endian
///       4..    header and body
/// </code>
/// See https://kafka.apache.org/protocol#protocol_common.
/// </remarks>
public static class KafkaFrame
{
    public const int LengthPrefixBytes = sizeof(int);

    /// <summary>Cuts one frame, without its length, off the front of the buffer; false when it is not whole.</summary>
    /// <exception cref="ProtocolException">The length is negative or above the maximum.</exception>
    public static bool TryRead(
        ref ReadOnlySequence<byte> buffer, int maxFrameBytes, out ReadOnlySequence<byte> frame)
    {
        frame = default;
        var reader = new SequenceReader<byte>(buffer);
        if (!reader.TryReadBigEndian(out int length))
        {
            return false;
        }

        Check(length, maxFrameBytes);
        if (reader.Remaining < length)
        {
            return false;
        }

        frame = reader.UnreadSequence.Slice(0, length);
        buffer = buffer.Slice(frame.End);
        return true;
    }

    /// <summary>How many bytes follow this length prefix.</summary>
    /// <exception cref="ProtocolException">The length is negative or above the maximum.</exception>
    public static int ReadLength(ReadOnlySpan<byte> prefix, int maxFrameBytes)
    {
        var length = BinaryPrimitives.ReadInt32BigEndian(prefix);
        Check(length, maxFrameBytes);
        return length;
    }

    private static void Check(int length, int maxFrameBytes)
    {
        if (length < 0 || length > maxFrameBytes)
        {
            throw new ProtocolException($"The frame length is {length} but must be from 0 to {maxFrameBytes}.");
        }
    }
}
