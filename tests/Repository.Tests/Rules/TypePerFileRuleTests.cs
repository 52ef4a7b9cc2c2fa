namespace OrleansStream.Repository.Tests.Rules;

public sealed class TypePerFileRuleTests
{
    [Fact]
    public void Every_file_is_one_concept()
        => Violation.AssertNone(RepositoryTree.CSharpFiles.SelectMany(TypePerFileRule.Check));

    [Theory]
    [InlineData("class", TypePerFileRule.CompanionLines + 1, 1)]
    [InlineData("interface", TypePerFileRule.CompanionLines + 1, 1)]
    [InlineData("class", TypePerFileRule.CompanionLines, 0)]
    [InlineData("record", TypePerFileRule.CompanionLines + 1, 0)]
    public void A_second_large_type_is_found(string kind, int lines, int violations)
    {
        var text = Type("class", "First", TypePerFileRule.CompanionLines + 1) + Type(kind, "Second", lines);

        Assert.Equal(violations, TypePerFileRule.Check(CSharpFile.Parse("Sample.cs", text)).Count());
    }

    [Fact]
    public void A_nested_type_belongs_to_its_owner()
    {
        var nested = Type("class", "Inner", TypePerFileRule.CompanionLines + 1);

        Assert.Empty(TypePerFileRule.Check(CSharpFile.Parse("Sample.cs", $"class Outer\n{{\n{nested}}}\n")));
    }

    private static string Type(string kind, string name, int lines)
        => $"public {kind} {name}\n{{\n{new string('\n', lines - 3)}}}\n";
}
