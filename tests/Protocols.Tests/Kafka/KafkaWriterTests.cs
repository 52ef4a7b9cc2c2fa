using OrleansStream.Protocols.Kafka;

namespace OrleansStream.Protocols.Tests.Kafka;

[Collection(nameof(KafkaWriterTests))]
public sealed class KafkaWriterTests
{
    [Fact]
    public void The_length_says_what_follows_it()
    {
        using var writer = new KafkaWriter();
        writer.WriteInt16(0x0102);
        writer.WriteRecords(new byte[] { 8, 9 });

        Assert.Equal([0, 0, 0, 8, 1, 2, 0, 0, 0, 2, 8, 9], WireBytes.Frame(writer));
        Assert.Equal(12, writer.FrameBytes);
    }

    [Fact]
    public void Records_are_sent_from_where_they_lie_and_in_their_places()
    {
        byte[] first = [1, 1];
        byte[] second = [2];
        byte[] third = [3];
        using var writer = new KafkaWriter();
        writer.WriteRecords([first, ReadOnlyMemory<byte>.Empty, second], totalBytes: 3);
        writer.WriteInt8(0x55);
        writer.WriteRecords(third);

        var (head, following) = writer.Complete();
        first[0] = 0xAA;

        Assert.Equal([0, 0, 0, 13, 0, 0, 0, 3], head.ToArray());
        Assert.Equal(
            [[0xAA, 1], [2], [0x55, 0, 0, 0, 1], [3]],
            following.Select(piece => piece.ToArray()));
    }

    [Fact]
    public void It_grows_and_gives_all_its_memory_back()
    {
        var rented = PooledBuffer.RentedCount;
        using (var writer = new KafkaWriter(capacityBytes: 8))
        {
            for (var i = 0; i < 10_000; i++)
            {
                writer.WriteInt32(i);
            }

            var frame = WireBytes.Frame(writer);
            Assert.Equal(40_004, frame.Length);
            Assert.Equal([0, 0, 0x27, 0x0F], frame[^4..]);
        }

        Assert.Equal(rented, PooledBuffer.RentedCount);
    }

    [Fact]
    public void A_string_that_the_protocol_cannot_hold_is_a_mistake_of_the_caller()
    {
        using var writer = new KafkaWriter();

        Assert.Throws<ArgumentException>(() => writer.WriteString(new string('x', short.MaxValue + 1)));
    }

    /// <summary>Runs alone, because rented buffers are counted per process.</summary>
    [CollectionDefinition(nameof(KafkaWriterTests), DisableParallelization = true)]
    public sealed class Alone;
}
