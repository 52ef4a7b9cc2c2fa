namespace OrleansStream.Repository.Tests.Rules;

public sealed class SkipRuleTests
{
    private const string SkippedTest = "class Sample { [Fact(Skip = \"slow\")] void Test() { } }";
    private const string SkippingAttribute = "class Sample : FactAttribute { Sample() { Skip = \"slow\"; } }";

    [Fact]
    public void No_test_is_skipped_but_for_a_missing_program()
        => Violation.AssertNone(RepositoryTree.CSharpFiles.SelectMany(SkipRule.Check));

    [Theory]
    [InlineData("tests/Engine.Tests/Sample.cs", SkippedTest, 1)]
    [InlineData("tests/Engine.Tests/Sample.cs", SkippingAttribute, 1)]
    [InlineData("tests/TestKit/Clients/Sample.cs", SkippingAttribute, 0)]
    [InlineData("tests/Engine.Tests/Sample.cs", "class Sample { int Skip { get; } int X => list.Skip(1); }", 0)]
    public void A_skip_is_found_outside_its_one_place(string path, string text, int violations)
        => Assert.Equal(violations, SkipRule.Check(CSharpFile.Parse(path, text)).Count());
}
