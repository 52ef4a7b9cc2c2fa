using OrleansStream.Engine.Topics;

namespace OrleansStream.Engine.Tests.Topics;

public sealed class TopicNameTests
{
    [Theory]
    [InlineData("orders")]
    [InlineData("__groups")]
    [InlineData("A.b_c-9")]
    [InlineData("...")]
    public void Letters_digits_dots_dashes_and_underscores_make_a_name(string name)
        => Assert.Null(TopicName.FindFault(name));

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a b")]
    [InlineData("a/b")]
    [InlineData("a\\b")]
    [InlineData("größe")]
    [InlineData("a\n")]
    public void Anything_else_does_not(string name)
        => Assert.NotNull(TopicName.FindFault(name));

    [Fact]
    public void A_name_has_at_most_249_characters()
    {
        Assert.Null(TopicName.FindFault(new string('a', 249)));
        Assert.NotNull(TopicName.FindFault(new string('a', 250)));
    }
}
