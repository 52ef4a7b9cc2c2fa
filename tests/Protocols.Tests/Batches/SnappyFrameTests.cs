using System.Buffers;
using System.Text;
using OrleansStream.Protocols.Batches;

namespace OrleansStream.Protocols.Tests.Batches;

public sealed class SnappyFrameTests
{
    private const string Header = "82534E4150505900" + "00000001" + "00000001";

    [Fact]
    public void Short_content_is_written_in_the_frame_of_java_clients()
    {
        var output = new ArrayBufferWriter<byte>();
        SnappyFrame.Compress("abc"u8, output);

        Assert.Equal(Header + "00000005" + "03" + "08" + "616263", Convert.ToHexString(output.WrittenSpan));
    }

    // By hand from the format's description: the length, then literals (08 for three) and copies.
    [Theory]
    [InlineData("00", "")]
    [InlineData("0308616263", "abc")]
    [InlineData("0908616263" + "0903", "abcabcabc")] // A short copy: 6 bytes from 3 back.
    [InlineData("0908616263" + "160300", "abcabcabc")] // The same with a distance of 2 bytes.
    [InlineData("0908616263" + "1703000000", "abcabcabc")] // The same with a distance of 4 bytes.
    [InlineData("03F002616263", "abc")] // A literal whose length takes 1 byte.
    [InlineData("03F40200616263", "abc")] // 2 bytes.
    [InlineData("03F8020000616263", "abc")] // 3 bytes.
    [InlineData("03FC02000000616263", "abc")] // 4 bytes.
    [InlineData("838080800008616263", "abc")] // A length of more bytes than it needs.
    public void Bare_and_framed_blocks_of_every_kind_of_element_are_read(string block, string expected)
    {
        Assert.Equal(expected, Text(block));
        Assert.Equal(expected, Text(Header + $"{block.Length / 2:X8}" + block));
        Assert.Equal(expected + expected, Text(Header + $"{block.Length / 2:X8}{block}{block.Length / 2:X8}{block}"));
    }

    [Theory]
    [InlineData("")] // No length.
    [InlineData("80")]
    [InlineData("8080808080")] // A length of more than 32 bits.
    [InlineData("FFFFFFFF0F")] // 4 GiB in 5 bytes.
    [InlineData("FFFFFFFF07")] // 2 GiB in 5 bytes.
    [InlineData("03")] // Nothing comes.
    [InlineData("0208616263")] // More comes than announced.
    [InlineData("0408616263")] // Less comes than announced.
    [InlineData("03086162")] // Cut short inside literals.
    [InlineData("03F0")]
    [InlineData("03FCFFFFFFFF616263")] // 4 GiB of literals.
    [InlineData("0908616263" + "09")] // Cut short inside copies.
    [InlineData("0908616263" + "1603")]
    [InlineData("0908616263" + "17030000")]
    [InlineData("0908616263" + "0900")] // A distance of 0.
    [InlineData("0908616263" + "0904")] // From before the start.
    [InlineData("0908616263" + "17FFFFFFFF")] // A distance that is negative as a signed number.
    [InlineData("0908616263" + "1700000080")]
    [InlineData("0808616263" + "0903")] // A copy past the announced end.
    public void A_block_that_lies_is_refused(string block)
    {
        Assert.Throws<ProtocolException>(() => Text(block));
        Assert.Throws<ProtocolException>(() => Text(Header + $"{block.Length / 2:X8}" + block));
    }

    [Theory]
    [InlineData("82534E4150505900" + "000000010000000")]
    [InlineData("82534E4150505900" + "00000002" + "00000002")]
    [InlineData(Header + "000000")]
    [InlineData(Header + "00000006" + "0308616263")]
    [InlineData(Header + "FFFFFFFF" + "0308616263")]
    [InlineData(Header + "00000000")]
    public void A_frame_that_lies_is_refused(string frame)
        => Assert.Throws<ProtocolException>(() => Text(frame[..(frame.Length & ~1)]));

    private static string Text(string hex)
    {
        using var content = SnappyFrame.Decompress(Convert.FromHexString(hex), 1_000);
        return Encoding.ASCII.GetString(content.Span);
    }
}
