using OrleansStream.Engine.Storage;

namespace OrleansStream.Engine.Tests.Storage;

public sealed class SegmentNameTests
{
    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(1_000, 2, 7)]
    [InlineData(long.MaxValue, int.MaxValue, long.MaxValue)]
    public void A_name_is_read_back(long baseOffset, int epoch, long generation)
    {
        var name = new SegmentName(baseOffset, epoch, generation);

        Assert.True(SegmentName.TryParse(name.ToString(), out var parsed));
        Assert.Equal(name, parsed);
    }

    [Theory]
    [InlineData("")]
    [InlineData("1000-2-7")]
    [InlineData("0000000000000001000-0000000002")]
    [InlineData("0000000000000001000-0000000002-000000000000000000x")]
    [InlineData("+000000000000001000-0000000002-0000000000000000007")]
    [InlineData("0000000000000001000-9999999999-0000000000000000007")]
    public void Other_text_is_no_name(string text) => Assert.False(SegmentName.TryParse(text, out _));

    [Fact]
    public void Names_sort_by_offset()
    {
        string[] names = [new SegmentName(9, 9, 9).ToString(), new SegmentName(10, 1, 1).ToString()];

        Assert.Equal(names, names.Order(StringComparer.Ordinal));
    }
}
