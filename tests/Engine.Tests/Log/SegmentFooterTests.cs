using OrleansStream.Engine.Log;

namespace OrleansStream.Engine.Tests.Log;

public sealed class SegmentFooterTests
{
    private static readonly SegmentFooter Footer = new(
        BatchBytes: 5_000,
        NextOffset: 90,
        [new(10, 0, 700), new(40, 2_000, 900), new(70, 4_000, 900)],
        [new(1, 10), new(3, 50)],
        new byte[] { 1, 2, 3 });

    [Fact]
    public void A_footer_is_read_back_as_it_was_written()
    {
        var read = Read(Footer.ToBytes().Span);

        Assert.Equal((Footer.BatchBytes, Footer.NextOffset), (read.BatchBytes, read.NextOffset));
        Assert.Equal(Footer.Index, read.Index);
        Assert.Equal(Footer.Epochs, read.Epochs);
        Assert.Equal(Footer.Producers.ToArray(), read.Producers.ToArray());
        Assert.Equal(900, read.MaxTimestamp);
    }

    [Fact]
    public void A_change_of_any_bit_is_noticed()
    {
        var bytes = Footer.ToBytes().ToArray();

        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Throws<InvalidDataException>(() => Read(bytes));
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void A_file_that_is_shorter_or_longer_is_noticed()
    {
        var trailer = Footer.ToBytes()[^SegmentFooter.TrailerBytes..];
        var fileBytes = Footer.BatchBytes + Footer.ToBytes().Length;

        for (var difference = -fileBytes; difference < 100; difference++)
        {
            if (difference != 0)
            {
                Assert.Throws<InvalidDataException>(
                    () => SegmentFooter.SectionBytes(trailer.Span, fileBytes + difference));
            }
        }
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(10, 0)]
    [InlineData(39, 0)]
    [InlineData(40, 2_000)]
    [InlineData(69, 2_000)]
    [InlineData(70, 4_000)]
    [InlineData(1_000, 4_000)]
    public void An_offset_is_looked_for_from_the_last_entry_before_it(long offset, int expected)
        => Assert.Equal(expected, Footer.FloorByOffset(offset));

    [Theory]
    [InlineData(0, 10)]
    [InlineData(700, 10)]
    [InlineData(701, 40)]
    [InlineData(900, 40)]
    public void A_timestamp_is_looked_for_from_the_first_entry_that_reaches_it(long timestamp, long expected)
        => Assert.Equal(expected, Footer.FloorByTimestamp(timestamp));

    private static SegmentFooter Read(ReadOnlySpan<byte> footer)
    {
        var sections = SegmentFooter.SectionBytes(
            footer[^SegmentFooter.TrailerBytes..], Footer.BatchBytes + footer.Length);
        return SegmentFooter.Read(footer[^(sections + SegmentFooter.TrailerBytes)..]);
    }
}
