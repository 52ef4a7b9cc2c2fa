using OrleansStream.Protocols.Batches;

namespace OrleansStream.Protocols.Tests.Batches;

public sealed class XxHash32Tests
{
    [Theory]
    [InlineData("", 0x02CC5D05)]
    [InlineData("a", 0x550D7456)]
    [InlineData("abc", 0x32D153FF)]
    [InlineData("123456789", 0x937BAD67)]
    [InlineData("Nobody inspects the spammish repetition", 0xE2293B2F)]
    public void Known_values_come_out(string text, uint expected)
        => Assert.Equal(expected, XxHash32.Compute(System.Text.Encoding.ASCII.GetBytes(text)));
}
