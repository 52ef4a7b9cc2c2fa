namespace OrleansStream.Repository.Tests.Rules;

public sealed class MarkRuleTests
{
    [Fact]
    public void No_file_has_marks_of_unfinished_work()
    {
        string[] patterns = ["*.cs", "*.csproj", "*.props", "*.md", "*.sh", "*.py", "*.json", "Makefile", "run"];

        Violation.AssertNone(patterns
            .SelectMany(RepositoryTree.Files)
            .SelectMany(path => MarkRule.Check(path, RepositoryTree.Read(path))));
    }

    [Theory]
    [InlineData("// TO" + "DO: later")]
    [InlineData("FIX" + "ME")]
    [InlineData("a HA" + "CK")]
    public void A_mark_is_found(string text)
        => Assert.Equal(2, Assert.Single(MarkRule.Check("Sample.cs", "line\n" + text)).Line);

    [Theory]
    [InlineData("var todo = 1;")]
    [InlineData("HA" + "CKNEY")]
    public void A_word_that_only_looks_like_one_is_not(string text)
        => Assert.Empty(MarkRule.Check("Sample.cs", text));
}
