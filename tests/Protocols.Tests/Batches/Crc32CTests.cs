using OrleansStream.Protocols.Batches;

namespace OrleansStream.Protocols.Tests.Batches;

public sealed class Crc32CTests
{
    private const uint CheckValue = 0xE3069283;

    // The examples of RFC 3720, appendix B.4: 32 zeros, 32 ones, 32 rising and 32 falling bytes.
    public static TheoryData<byte[], uint> KnownValues => new()
    {
        { [], 0 },
        { "123456789"u8.ToArray(), CheckValue },
        { new byte[32], 0x8A9136AA },
        { Enumerable.Repeat((byte)0xFF, 32).ToArray(), 0x62A8AB43 },
        { Enumerable.Range(0, 32).Select(i => (byte)i).ToArray(), 0x46DD794E },
        { Enumerable.Range(0, 32).Select(i => (byte)(31 - i)).ToArray(), 0x113FDB5C },
    };

    [Theory]
    [MemberData(nameof(KnownValues))]
    public void Known_values_come_out(byte[] bytes, uint expected)
    {
        Assert.Equal(expected, Crc32C.Compute(bytes));
        Assert.Equal(expected, ~Crc32CTables.Update(~0u, bytes));
    }

    // Lengths around the lanes of the instruction's path, each at eight alignments.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void The_instruction_and_the_tables_agree_at_any_length_and_alignment(int seed)
    {
        var random = new Random(seed);
        var bytes = new byte[20_000];
        random.NextBytes(bytes);
        int[] lengths = [.. Enumerable.Range(0, 420), 767, 768, 6_143, 6_144, 6_145, 12_288, random.Next(19_000)];

        foreach (var length in lengths)
        {
            for (var start = 0; start < 8; start++)
            {
                var part = bytes.AsSpan(start, length);
                Assert.Equal(~Crc32CTables.Update(~0u, part), Crc32C.Compute(part));
            }
        }
    }

    [Theory]
    [InlineData(3)]
    public void Appending_in_parts_is_the_same_as_computing_at_once(int seed)
    {
        var random = new Random(seed);
        var bytes = new byte[10_000];
        random.NextBytes(bytes);
        var expected = Crc32C.Compute(bytes);

        for (var round = 0; round < 100; round++)
        {
            var split = random.Next(bytes.Length + 1);
            Assert.Equal(expected, Crc32C.Append(Crc32C.Compute(bytes.AsSpan(0, split)), bytes.AsSpan(split)));
        }
    }
}
