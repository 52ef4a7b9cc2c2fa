using System.Text;
using OrleansStream.Protocols.Batches;

namespace OrleansStream.Protocols.Tests.Batches;

public sealed class GzipFrameTests
{
    // "abc" by the gzip program: header, deflate stream, CRC, length.
    private const string Abc = "1f8b0800000000000003" + "4b4c4a0600" + "c2412435" + "03000000";

    [Fact]
    public void A_stream_of_the_gzip_program_is_read()
        => Assert.Equal("abc", Text(Convert.FromHexString(Abc)));

    [Theory]
    [InlineData("02000000")]
    [InlineData("04000000")]
    [InlineData("FFFFFFFF")]
    [InlineData("FFFFFF7F")]
    [InlineData("00000000")]
    public void A_length_that_is_not_true_is_refused(string length)
        => Assert.Throws<ProtocolException>(() => Text(Convert.FromHexString(Abc[..^8] + length)));

    [Fact]
    public void Every_flipped_bit_of_checksum_length_and_magic_is_refused()
    {
        var stream = Convert.FromHexString(Abc);

        foreach (var position in (int[])[0, 1, 2, .. Enumerable.Range(stream.Length - 8, 8)])
        {
            for (var bit = 0; bit < 8; bit++)
            {
                stream[position] ^= (byte)(1 << bit);
                Assert.Throws<ProtocolException>(() => Text(stream));
                stream[position] ^= (byte)(1 << bit);
            }
        }
    }

    [Fact]
    public void A_second_member_is_refused()
        => Assert.Throws<ProtocolException>(() => Text(Convert.FromHexString(Abc + Abc)));

    private static string Text(ReadOnlySpan<byte> stream)
    {
        using var content = GzipFrame.Decompress(stream, 1_000_000);
        return Encoding.ASCII.GetString(content.Span);
    }
}
