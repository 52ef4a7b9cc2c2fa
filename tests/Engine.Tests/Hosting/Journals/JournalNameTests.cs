using OrleansStream.Engine.Hosting.Journals;

namespace OrleansStream.Engine.Tests.Hosting.Journals;

public sealed class JournalNameTests
{
    private static readonly Guid Id = new("00112233-4455-6677-8899-aabbccddeeff");
    private static readonly JournalName Name = new(12, Id);

    [Fact]
    public void A_name_is_read_back_as_it_was_written()
    {
        Assert.Equal("0000000012-00112233445566778899aabbccddeeff-0000000007", Name.File(7));
        Assert.True(JournalName.TryParseFile(Name.File(7), out var name, out var number));
        Assert.Equal((Name, 7L), (name, number));
    }

    [Theory]
    [InlineData("")]
    [InlineData("0000000012-00112233445566778899aabbccddeeff")]
    [InlineData("12-00112233445566778899aabbccddeeff-7")]
    [InlineData("0000000012-00112233445566778899AABBCCDDEEFF-0000000007")]
    [InlineData("0000000012-00112233445566778899aabbccddeeff-0000000007-0")]
    [InlineData("000000001 -00112233445566778899aabbccddeeff-0000000007")]
    public void Any_other_text_is_not_a_name(string text)
        => Assert.False(JournalName.TryParseFile(text, out _, out _));

    [Fact]
    public void Files_sort_in_the_order_they_were_written()
    {
        string[] files =
        [
            Name.File(2),
            Name.File(10),
            Name.File(1_000_000),
            new JournalName(13, Guid.Empty).File(0),
            new JournalName(100, Id).File(0),
        ];

        Assert.Equal(files, files.Order(StringComparer.Ordinal));
    }
}
