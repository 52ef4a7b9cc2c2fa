using System.Buffers.Binary;
using OrleansStream.Protocols.Kafka;
using OrleansStream.Protocols.Kafka.Messages;

namespace OrleansStream.Protocols.Tests.Kafka;

public sealed class KafkaReaderTests
{
    [Theory]
    [InlineData(0u, new byte[] { 0 })]
    [InlineData(127u, new byte[] { 0x7F })]
    [InlineData(128u, new byte[] { 0x80, 0x01 })]
    [InlineData(300u, new byte[] { 0xAC, 0x02 })]
    [InlineData(uint.MaxValue, new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 0x0F })]
    public void A_varint_has_seven_bits_per_byte_and_the_lowest_first(uint value, byte[] bytes)
    {
        Assert.Equal(value, new KafkaReader(bytes).ReadUnsignedVarint());

        using var writer = new KafkaWriter();
        writer.WriteUnsignedVarint(value);
        Assert.Equal(bytes, WireBytes.Frame(writer)[KafkaFrame.LengthPrefixBytes..]);
    }

    [Theory]
    [InlineData(new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 0x10 })]
    [InlineData(new byte[] { 0x80, 0x80, 0x80, 0x80, 0x80, 0x01 })]
    public void A_varint_of_more_than_32_bits_is_refused(byte[] bytes)
        => Assert.Throws<ProtocolException>(() => new KafkaReader(bytes).ReadUnsignedVarint());

    [Fact]
    public void Elements_are_counted_over_all_arrays()
    {
        byte[] twoArrays = [0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3];

        var exact = new KafkaReader(twoArrays) { MaxElements = 3 };
        Assert.Equal([1, 2], exact.ReadInt32Array());
        Assert.Equal([3], exact.ReadInt32Array());

        Assert.Throws<ProtocolException>(() =>
        {
            var tight = new KafkaReader(twoArrays) { MaxElements = 2 };
            tight.ReadInt32Array();
            tight.ReadInt32Array();
        });
    }

    [Theory]
    [InlineData(false, new byte[] { 0xFF, 0xFF })]
    [InlineData(true, new byte[] { 0 })]
    public void A_null_string_is_refused_where_there_must_be_one(bool flexible, byte[] bytes)
    {
        Assert.Null(Reader(bytes, flexible).ReadNullableString());
        Assert.Throws<ProtocolException>(() => Reader(bytes, flexible).ReadString());
    }

    [Fact]
    public void A_string_that_is_not_utf8_is_refused()
        => Assert.Throws<ProtocolException>(() => Reader([0, 2, 0xC3, 0x28]).ReadString());

    [Fact]
    public void A_length_below_minus_one_is_refused()
    {
        Assert.Throws<ProtocolException>(() => Reader([0xFF, 0xFE]).ReadString());
        Assert.Throws<ProtocolException>(() => Reader([0xFF, 0xFF, 0xFF, 0xFE]).ReadBytes());
        Assert.Throws<ProtocolException>(() => Reader([0xFF, 0xFF, 0xFF, 0xFE]).ReadInt32Array());
    }

    [Fact]
    public void A_compact_length_beyond_what_a_length_can_be_is_refused()
        => Assert.Throws<ProtocolException>(
            () => Reader([0xFF, 0xFF, 0xFF, 0xFF, 0x0F], flexible: true).ReadBytes());

    [Fact]
    public void A_null_array_is_refused_where_there_must_be_one()
    {
        byte[] none = [0xFF, 0xFF, 0xFF, 0xFF];

        Assert.Null(Reader(none).ReadNullableStringArray());
        Assert.Throws<ProtocolException>(() => Reader(none).ReadStringArray());
        Assert.Throws<ProtocolException>(() => Reader(none).ReadInt32Array());
        Assert.Throws<ProtocolException>(() => Reader(none).ReadArray<RecordError>(0));
    }

    [Fact]
    public void Tagged_fields_that_nobody_knows_are_passed_over()
    {
        // A record error, then two tagged fields of 1 and 3 bytes, then a byte of whatever comes next.
        var reader = Reader([0, 0, 0, 5, 0, 2, 0, 1, 0xAA, 9, 3, 1, 2, 3, 0x77], flexible: true);

        Assert.Equal(new RecordError(5, null), reader.ReadStruct<RecordError>(version: 9));
        Assert.Equal(0x77, reader.ReadInt8());
    }

    [Fact]
    public void A_tagged_field_longer_than_the_frame_is_refused()
        => Assert.Throws<ProtocolException>(
            () => Reader([1, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F], flexible: true).SkipTaggedFields());

    [Fact]
    public void Bytes_are_a_slice_of_the_frame()
    {
        byte[] frame = [0, 0, 0, 2, 7, 8];
        var bytes = Reader(frame).ReadBytes();
        frame[4] = 42;

        Assert.Equal([42, 8], bytes.ToArray());
    }

    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(1_000_000)]
    public void A_count_that_lies_reserves_no_memory(int count)
    {
        // A million bytes of 0xFF follow, which hold no valid element.
        var frame = Enumerable.Repeat((byte)0xFF, 1_000_000).ToArray();
        BinaryPrimitives.WriteInt32BigEndian(frame, count);
        Refuse(frame); // So that nothing but the reading is measured below.

        var before = GC.GetAllocatedBytesForCurrentThread();
        Refuse(frame);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 32 * 1_024);
    }

    private static void Refuse(byte[] frame)
    {
        try
        {
            Reader(frame).ReadArray<PerTopic<ProducePartition>>(version: 3);
        }
        catch (ProtocolException)
        {
            return;
        }

        Assert.Fail("The array was read.");
    }

    private static KafkaReader Reader(byte[] bytes, bool flexible = false) => new(bytes) { Flexible = flexible };
}
