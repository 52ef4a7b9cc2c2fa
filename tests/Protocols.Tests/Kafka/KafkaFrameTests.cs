using System.Buffers;
using OrleansStream.Protocols.Kafka;

namespace OrleansStream.Protocols.Tests.Kafka;

public sealed class KafkaFrameTests
{
    private static readonly byte[] s_twoFrames = [0, 0, 0, 3, 1, 2, 3, 0, 0, 0, 1, 9];

    [Fact]
    public void Frames_are_cut_off_one_after_the_other_wherever_the_bytes_are_split()
    {
        for (var split = 0; split <= s_twoFrames.Length; split++)
        {
            var buffer = TwoSegments(s_twoFrames.AsMemory(0, split), s_twoFrames.AsMemory(split));

            Assert.True(KafkaFrame.TryRead(ref buffer, maxFrameBytes: 3, out var first));
            Assert.True(KafkaFrame.TryRead(ref buffer, maxFrameBytes: 3, out var second));

            Assert.Equal([1, 2, 3], first.ToArray());
            Assert.Equal([9], second.ToArray());
            Assert.True(buffer.IsEmpty);
        }
    }

    [Fact]
    public void An_unfinished_frame_stays_where_it_is()
    {
        for (var length = 0; length < 7; length++)
        {
            var buffer = new ReadOnlySequence<byte>(s_twoFrames.AsMemory(0, length));

            Assert.False(KafkaFrame.TryRead(ref buffer, maxFrameBytes: 3, out _));
            Assert.Equal(length, buffer.Length);
        }
    }

    [Theory]
    [InlineData(new byte[] { 0xFF, 0xFF, 0xFF, 0xFF })]
    [InlineData(new byte[] { 0x7F, 0xFF, 0xFF, 0xFF })]
    [InlineData(new byte[] { 0, 0, 0, 4 })]
    public void A_length_that_is_negative_or_too_large_is_refused_before_the_frame_arrives(byte[] prefix)
    {
        var buffer = new ReadOnlySequence<byte>(prefix);

        Assert.Throws<ProtocolException>(() => KafkaFrame.TryRead(ref buffer, maxFrameBytes: 3, out _));
    }

    private static ReadOnlySequence<byte> TwoSegments(ReadOnlyMemory<byte> first, ReadOnlyMemory<byte> second)
    {
        var end = new Segment(second, first.Length);
        return new ReadOnlySequence<byte>(new Segment(first, 0, end), 0, end, second.Length);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, long runningIndex, Segment? next = null)
        {
            Memory = memory;
            RunningIndex = runningIndex;
            Next = next;
        }
    }
}
