using System.Buffers;
using OrleansStream.Protocols.Batches;

namespace OrleansStream.Protocols.Tests.Batches;

public sealed class BatchCompressionTests
{
    public static TheoryData<CompressionCodec> Codecs =>
        [CompressionCodec.None, CompressionCodec.Gzip, CompressionCodec.Snappy, CompressionCodec.Lz4];

    public static TheoryData<CompressionCodec> Compressing =>
        [CompressionCodec.Gzip, CompressionCodec.Snappy, CompressionCodec.Lz4];

    [Theory]
    [MemberData(nameof(Codecs))]
    public void Everything_comes_back(CompressionCodec codec)
    {
        foreach (var (name, bytes) in SampleText.All())
        {
            using var content = BatchCompression.Decompress(codec, Compress(codec, bytes), bytes.Length);
            Assert.True(content.Span.SequenceEqual(bytes), name);
        }
    }

    [Theory]
    [MemberData(nameof(Compressing))]
    public void Text_becomes_smaller_and_noise_hardly_larger(CompressionCodec codec)
    {
        var text = SampleText.Text(200_000);
        var noise = SampleText.Noise(new Random(1), 200_000);

        Assert.True(Compress(codec, text).Length < text.Length * 2 / 3);
        Assert.True(Compress(codec, noise).Length < noise.Length * 9 / 8);
    }

    [Theory]
    [MemberData(nameof(Codecs))]
    public void One_byte_more_than_allowed_is_refused(CompressionCodec codec)
    {
        foreach (var (_, bytes) in SampleText.All().Where(sample => sample.Bytes.Length > 0))
        {
            Assert.Throws<ProtocolException>(
                () => BatchCompression.Decompress(codec, Compress(codec, bytes), bytes.Length - 1));
        }
    }

    [Theory]
    [MemberData(nameof(Compressing))]
    public void A_bomb_is_refused_before_it_takes_more_memory_than_allowed(CompressionCodec codec)
    {
        const int Allowed = 100_000;
        var bomb = Compress(codec, new byte[64 * 1_024 * 1_024]);

        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<ProtocolException>(() => BatchCompression.Decompress(codec, bomb, Allowed));

        // Growing by doubling takes twice the bound at most; the rest is what a stream and an exception need.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 5 * Allowed);
    }

    [Theory]
    [MemberData(nameof(Compressing))]
    public void A_body_cut_short_is_refused_or_obviously_incomplete(CompressionCodec codec)
    {
        var content = SampleText.Text(3_000);
        var body = Compress(codec, content);

        for (var length = 0; length < body.Length; length++)
        {
            try
            {
                using var read = BatchCompression.Decompress(codec, body.AsSpan(0, length), 10_000);

                // Without any block the Snappy frame, which has no end mark, is a good frame of nothing; so is no gzip.
                Assert.True(codec != CompressionCodec.Lz4 && read.Length == 0, $"accepted {length} bytes");
            }
            catch (ProtocolException)
            {
                continue;
            }
        }
    }

    [Theory]
    [InlineData(CompressionCodec.Gzip, 1)]
    [InlineData(CompressionCodec.Snappy, 2)]
    [InlineData(CompressionCodec.Lz4, 3)]
    public void Damaged_bodies_throw_nothing_but_the_protocol_exception(CompressionCodec codec, int seed)
    {
        var random = new Random(seed);
        var original = Compress(codec, SampleText.Text(2_000));
        var refused = 0;
        for (var round = 0; round < 3_000; round++)
        {
            var body = (byte[])original.Clone();
            for (var change = random.Next(3); change >= 0; change--)
            {
                body[random.Next(body.Length)] = (byte)random.Next(256);
            }

            refused += IsRefused(codec, body) ? 1 : 0;
            refused += IsRefused(codec, SampleText.Noise(random, random.Next(100))) ? 1 : 0;
        }

        Assert.InRange(refused, 3_000, 6_000);
    }

    [Fact]
    public void Zstandard_is_not_supported_and_says_so()
    {
        var exception = Assert.Throws<NotSupportedException>(
            () => BatchCompression.Decompress(CompressionCodec.Zstd, [0x28, 0xB5, 0x2F, 0xFD], 10));

        Assert.Contains("Zstandard", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_codec_that_does_not_exist_is_a_broken_protocol()
        => Assert.Throws<ProtocolException>(() => BatchCompression.Decompress((CompressionCodec)5, [], 10));

    private static bool IsRefused(CompressionCodec codec, ReadOnlySpan<byte> body)
    {
        try
        {
            BatchCompression.Decompress(codec, body, 10_000).Dispose();
            return false;
        }
        catch (ProtocolException)
        {
            return true;
        }
    }

    private static byte[] Compress(CompressionCodec codec, ReadOnlySpan<byte> content)
    {
        var output = new ArrayBufferWriter<byte>();
        BatchCompression.Compress(codec, content, output);
        return output.WrittenSpan.ToArray();
    }
}
