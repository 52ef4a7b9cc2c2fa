namespace OrleansStream.Repository.Tests.Rules;

public sealed class SizeRuleTests
{
    [Fact]
    public void Every_file_keeps_to_the_sizes()
        => Violation.AssertNone(RepositoryTree.CSharpFiles.SelectMany(SizeRule.Check));

    [Theory]
    [InlineData(SizeRule.MaxFileLines, 0)]
    [InlineData(SizeRule.MaxFileLines + 1, 1)]
    public void A_file_has_at_most_400_lines(int lines, int violations)
        => AssertCount(violations, Lines("// A comment.", lines));

    [Theory]
    [InlineData(SizeRule.MaxColumns, 0)]
    [InlineData(SizeRule.MaxColumns + 1, 1)]
    public void A_line_has_at_most_120_columns(int columns, int violations)
        => AssertCount(violations, new string('/', columns));

    [Theory]
    [InlineData(SizeRule.MaxMethodLines, 0)]
    [InlineData(SizeRule.MaxMethodLines + 1, 1)]
    public void A_method_has_at_most_60_lines_without_its_documentation_and_attributes(int lines, int violations)
        => AssertCount(
            violations,
            $$"""
            class Sample
            {
                /// <summary>Long.</summary>
                [Obsolete]
                void Method()
                {
            {{Lines("        Call();", lines - 3)}}
                }
            }
            """);

    [Theory]
    [InlineData("class Sample(int a, int b, int c, int d, int e, int f, int g);", 0)]
    [InlineData("class Sample(int a, int b, int c, int d, int e, int f, int g, int h);", 1)]
    [InlineData("class Sample { Sample(int a, int b, int c, int d, int e, int f, int g, int h) { } }", 1)]
    [InlineData("record Sample(int A, int B, int C, int D, int E, int F, int G, int H);", 0)]
    public void A_constructor_has_at_most_7_parameters(string text, int violations)
        => AssertCount(violations, text);

    private static string Lines(string line, int count) => string.Join('\n', Enumerable.Repeat(line, count));

    private static void AssertCount(int expected, string text)
        => Assert.Equal(expected, SizeRule.Check(CSharpFile.Parse("Sample.cs", text)).Count());
}
