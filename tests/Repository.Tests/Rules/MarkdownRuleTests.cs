namespace OrleansStream.Repository.Tests.Rules;

public sealed class MarkdownRuleTests
{
    [Fact]
    public void Every_document_has_one_title_and_its_links_resolve()
        => Violation.AssertNone(RepositoryTree.Files("*.md")
            .SelectMany(path => MarkdownRule.Check(path, RepositoryTree.Read(path), ExistsInRepository)));

    [Theory]
    [InlineData("# Title\n\nText.", 0)]
    [InlineData("Text without a title.", 1)]
    [InlineData("# One\n\n# Two", 1)]
    [InlineData("# Title\n\n```sh\n# a comment\n```", 0)]
    [InlineData("# Title\n\n## Section", 0)]
    public void A_document_has_one_title(string text, int violations)
        => Assert.Equal(violations, MarkdownRule.Check("docs/sample.md", text, _ => true).Count());

    [Theory]
    [InlineData("glossary.md", "docs/glossary.md")]
    [InlineData("./glossary.md#offset", "docs/glossary.md")]
    [InlineData("../README.md", "README.md")]
    [InlineData("decisions/", "docs/decisions/")]
    public void A_link_is_followed_from_its_document(string link, string path)
    {
        var text = $"# Title\n\nSee [it]({link}).";

        Assert.Empty(MarkdownRule.Check("docs/sample.md", text, asked => asked == path));
        Assert.Equal(3, Assert.Single(MarkdownRule.Check("docs/sample.md", text, _ => false)).Line);
    }

    [Theory]
    [InlineData("https://kafka.apache.org/protocol")]
    [InlineData("#below")]
    public void Other_links_are_left_alone(string link)
        => Assert.Empty(MarkdownRule.Check("README.md", $"# Title\n\n[it]({link})", _ => false));

    private static bool ExistsInRepository(string path) => Path.Exists(Path.Combine(RepositoryTree.Root, path));
}
