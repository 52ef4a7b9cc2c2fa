using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using OrleansStream.Protocols.Batches;

namespace OrleansStream.Protocols.Tests.Batches;

public sealed class Lz4FrameTests
{
    private const string Fox =
        "The quick brown fox jumps over the lazy dog. The quick brown fox jumps over the lazy dog again.";

    private const byte Independent = 0x60;
    private const byte Linked = 0x40;

    // Written by the lz4 program 1.9.4: with a content checksum; with block checksum and content size as well;
    // without any.
    [Theory]
    [InlineData("04224d186440a7", "c54e557a", false)]
    [InlineData("04224d187c405f0000000000000078", "c54e557a", true)]
    [InlineData("04224d18604082", "", false)]
    public void Frames_of_the_reference_implementation_are_read(
        string header, string contentChecksum, bool blockChecksum)
    {
        const string Block = "3a000000ff1e54686520717569636b2062726f776e20666f78206a756d7073206f76657220746865206c617a"
            + "7920646f672e202d00187020616761696e2e";
        var frame = header + Block + (blockChecksum ? "3ddc281d" : "") + "00000000" + contentChecksum;

        Assert.Equal(Fox, Text(Convert.FromHexString(frame)));
    }

    [Theory]
    [InlineData("04224d186440a7")]
    [InlineData("04224d187c405f0000000000000078")]
    public void No_flipped_bit_under_a_checksum_changes_the_content(string header)
    {
        var hasBlockChecksum = header.Length > 14;
        var frame = Convert.FromHexString(
            header
            + "3a000000ff1e54686520717569636b2062726f776e20666f78206a756d7073206f76657220746865206c617a"
            + "7920646f672e202d00187020616761696e2e" + (hasBlockChecksum ? "3ddc281d" : "") + "00000000c54e557a");

        for (var bit = 0; bit < frame.Length * 8; bit++)
        {
            frame[bit / 8] ^= (byte)(1 << (bit % 8));
            var refusal = Record.Exception(() => Assert.Equal(Fox, Text(frame)));
            frame[bit / 8] ^= (byte)(1 << (bit % 8));

            // Some bits mean nothing, like the match length in the token of the last literals.
            var isUnchanged = refusal is null && !hasBlockChecksum;
            Assert.True(isUnchanged || refusal is ProtocolException, $"bit {bit}: {refusal}");
        }
    }

    [Fact]
    public void A_frame_of_short_content_is_written_as_clients_expect_it()
    {
        var output = new ArrayBufferWriter<byte>();
        Lz4Frame.Compress("abc"u8, output);

        // Independent blocks of 64 KiB, no checksums; three bytes do not compress, so they stand as they are.
        Assert.Equal("04224D18604082" + "03000080" + "616263" + "00000000", Convert.ToHexString(output.WrittenSpan));
    }

    [Fact]
    public void The_known_text_compresses_as_in_the_reference_implementation()
    {
        var output = new byte[Lz4Block.MaxCompressedBytes(Fox.Length)];
        var size = Lz4Block.Compress(Encoding.ASCII.GetBytes(Fox), output);

        Assert.Equal(0x3A, size);
    }

    [Fact]
    public void Linked_blocks_may_repeat_what_an_earlier_block_said_and_independent_ones_may_not()
    {
        // Eight literals; then a repetition of eight bytes from eight bytes back, and five literals.
        byte[][] blocks = [Raw("abcdefgh"u8), Compressed([0x04, 8, 0, 0x50, .. "vwxyz"u8])];

        Assert.Equal("abcdefghabcdefghvwxyz", Text(Frame(Linked, 0x40, blocks)));
        Assert.Throws<ProtocolException>(() => Text(Frame(Independent, 0x40, blocks)));
    }

    [Fact]
    public void A_repetition_may_overlap_itself()
    {
        var block = Compressed([0x3A, .. "abc"u8, 3, 0, 0x10, .. "!"u8]);

        Assert.Equal("abcabcabcabcabcab!", Text(Frame(Linked, 0x40, block)));
    }

    [Theory]
    [InlineData(new byte[] { 0x10, 97 }, "a")]
    [InlineData(new byte[] { 0x00 }, "")]
    [InlineData(new byte[] { 0x20, 97 }, null)]
    [InlineData(new byte[] { 0xF0, 255, 255 }, null)]
    [InlineData(new byte[] { 0xF0, 255, 0, 97 }, null)]
    [InlineData(new byte[] { 0x10, 97, 1 }, null)]
    [InlineData(new byte[] { 0x10, 97, 1, 0 }, null)]
    [InlineData(new byte[] { 0x10, 97, 0, 0, 0x00 }, null)]
    [InlineData(new byte[] { 0x10, 97, 2, 0, 0x00 }, null)]
    [InlineData(new byte[] { 0x10, 97, 1, 0, 0x00 }, "aaaaa")]
    [InlineData(new byte[] { 0x1F, 97, 1, 0, 255 }, null)]
    public void A_block_is_read_or_refused_to_the_letter(byte[] block, string? expected)
    {
        var frame = Frame(Linked, 0x40, Compressed(block));
        if (expected is null)
        {
            Assert.Throws<ProtocolException>(() => Text(frame));
        }
        else
        {
            Assert.Equal(expected, Text(frame));
        }
    }

    [Theory]
    [InlineData(0x60, 0x30)]
    [InlineData(0x60, 0x41)]
    [InlineData(0x60, 0xC0)]
    [InlineData(0x20, 0x40)]
    [InlineData(0xA0, 0x40)]
    [InlineData(0x61, 0x40)]
    [InlineData(0x62, 0x40)]
    public void Other_versions_dictionaries_and_reserved_bits_are_refused(byte flags, byte sizeCode)
        => Assert.Throws<ProtocolException>(() => Text(Frame(flags, sizeCode, Raw("a"u8))));

    [Fact]
    public void A_block_may_not_exceed_the_announced_size_of_blocks()
    {
        var raw = new byte[64 * 1_024 + 1];

        Assert.Throws<ProtocolException>(() => Text(Frame(Linked, 0x40, Raw(raw))));
        Assert.Equal(raw.Length, Text(Frame(Linked, 0x50, Raw(raw))).Length);

        // 1 literal and 70,000 repetitions of it, in a block that may hold 65,536.
        byte[] bomb = [0x1F, 97, 1, 0, .. Enumerable.Repeat((byte)255, 280), 0, 0x00];
        Assert.Throws<ProtocolException>(() => Text(Frame(Linked, 0x40, Compressed(bomb))));
        Assert.NotEmpty(Text(Frame(Linked, 0x50, Compressed(bomb))));
    }

    [Theory]
    [InlineData(1_000_000)]
    [InlineData(ulong.MaxValue)]
    [InlineData(2)]
    [InlineData(0)]
    public void A_content_size_that_is_not_true_is_refused(ulong announced)
    {
        byte[] descriptor = [0x68, 0x40, .. BitConverter.GetBytes(announced)];

        Assert.Throws<ProtocolException>(() => Text(Frame(descriptor, Raw("abc"u8))));
        Assert.Equal("abc", Text(Frame([0x68, 0x40, .. BitConverter.GetBytes(3UL)], Raw("abc"u8))));
    }

    [Fact]
    public void Nothing_may_follow_the_frame()
        => Assert.Throws<ProtocolException>(() => Text([.. Frame(Linked, 0x40, Raw("a"u8)), 0]));

    private static string Text(ReadOnlySpan<byte> frame)
    {
        using var content = Lz4Frame.Decompress(frame, 10_000_000);
        return Encoding.ASCII.GetString(content.Span);
    }

    private static byte[] Raw(ReadOnlySpan<byte> bytes) => Block((uint)bytes.Length | 0x8000_0000, bytes);

    private static byte[] Compressed(ReadOnlySpan<byte> bytes) => Block((uint)bytes.Length, bytes);

    private static byte[] Block(uint size, ReadOnlySpan<byte> bytes)
    {
        var block = new byte[sizeof(uint) + bytes.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(block, size);
        bytes.CopyTo(block.AsSpan(sizeof(uint)));
        return block;
    }

    private static byte[] Frame(byte flags, byte sizeCode, params byte[][] blocks) => Frame([flags, sizeCode], blocks);

    private static byte[] Frame(byte[] descriptor, params byte[][] blocks)
    {
        var checksum = (byte)(XxHash32.Compute(descriptor) >> 8);
        return [0x04, 0x22, 0x4D, 0x18, .. descriptor, checksum, .. blocks.SelectMany(block => block), 0, 0, 0, 0];
    }
}
