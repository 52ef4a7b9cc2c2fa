using OrleansStream.Protocols.Batches;

namespace OrleansStream.Protocols.Tests.Batches;

public sealed class VarIntTests
{
    public static TheoryData<long, byte[]> Encodings => new()
    {
        { 0, [0x00] },
        { -1, [0x01] },
        { 1, [0x02] },
        { 63, [0x7E] },
        { -64, [0x7F] },
        { 64, [0x80, 0x01] },
        { 300, [0xD8, 0x04] },
        { int.MaxValue, [0xFE, 0xFF, 0xFF, 0xFF, 0x0F] },
        { int.MinValue, [0xFF, 0xFF, 0xFF, 0xFF, 0x0F] },
        { long.MaxValue, [0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01] },
        { long.MinValue, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01] },
    };

    [Theory]
    [MemberData(nameof(Encodings))]
    public void Numbers_are_written_and_read_as_zigzag(long value, byte[] expected)
    {
        var bytes = new byte[VarInt.MaxLongBytes];
        var written = VarInt.Write(bytes, value);

        Assert.Equal(expected, bytes[..written]);
        Assert.Equal(written, VarInt.SizeBytes(value));
        var position = 0;
        Assert.True(VarInt.TryReadLong(expected, ref position, out var read));
        Assert.Equal((value, written), (read, position));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(64)]
    [InlineData(int.MaxValue)]
    [InlineData(int.MinValue)]
    public void Short_numbers_come_back(int value)
    {
        var bytes = new byte[VarInt.MaxBytes];
        var written = VarInt.Write(bytes, value);
        var position = 0;

        Assert.True(VarInt.TryRead(bytes, ref position, out var read));
        Assert.Equal((value, written), (read, position));
    }

    [Theory]
    [InlineData(new byte[0])]
    [InlineData(new byte[] { 0x80 })]
    [InlineData(new byte[] { 0xFF, 0xFF, 0xFF, 0xFF })]
    [InlineData(new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 0x10 })]
    [InlineData(new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 0x8F, 0x00 })]
    public void What_is_cut_short_or_exceeds_32_bits_is_refused(byte[] bytes)
    {
        var position = 0;
        Assert.False(VarInt.TryRead(bytes, ref position, out _));
        Assert.Equal(0, position);
    }

    [Theory]
    [InlineData(new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF })]
    [InlineData(new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x02 })]
    [InlineData(new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x81, 0x00 })]
    public void What_is_cut_short_or_exceeds_64_bits_is_refused(byte[] bytes)
    {
        var position = 0;
        Assert.False(VarInt.TryReadLong(bytes, ref position, out _));
        Assert.Equal(0, position);
    }
}
