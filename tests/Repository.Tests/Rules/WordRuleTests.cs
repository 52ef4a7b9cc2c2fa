namespace OrleansStream.Repository.Tests.Rules;

public sealed class WordRuleTests
{
    private const string Body = "class Sample { void Method(Clock clock) { BODY } }";

    [Fact]
    public void The_decisions_of_the_engine_are_deterministic()
        => Violation.AssertNone(Under("src/Engine/")
            .Where(file => !file.Path.StartsWith("src/Engine/Hosting/", StringComparison.Ordinal))
            .Where(file => !file.Path.StartsWith("src/Engine/Inspection/", StringComparison.Ordinal))
            .Where(file => !file.Path.StartsWith("src/Engine/Storage/", StringComparison.Ordinal))
            .SelectMany(WordRule.Deterministic.Check));

    [Fact]
    public void Protocols_do_no_input_or_output()
        => Violation.AssertNone(Under("src/Protocols/").SelectMany(WordRule.NoInputOrOutput.Check));

    [Fact]
    public void Only_compression_uses_streams()
        => Violation.AssertNone(Under("src/Protocols/")
            .Where(file => !file.Path.StartsWith("src/Protocols/Batches/", StringComparison.Ordinal))
            .SelectMany(WordRule.NoStreams.Check));

    [Theory]
    [InlineData("lock (clock) { }")]
    [InlineData("var now = DateTime.UtcNow;")]
    [InlineData("Method(TimeProvider.System);")]
    [InlineData("Task.Run(Method);")]
    [InlineData("var x = $\"{Guid.NewGuid()}\";")]
    public void A_forbidden_word_in_code_is_found(string body)
        => Assert.Single(WordRule.Deterministic.Check(Sample(body)));

    [Theory]
    [InlineData("// lock, then await the Task")]
    [InlineData("var x = \"Task\";")]
    [InlineData("var x = $\"lock Task {clock} Task\";")]
    [InlineData("var x = \"\"\"Task\"\"\";")]
    [InlineData("var x = 'T'; /* Task */")]
    [InlineData("var unlocked = TaskName;")]
    public void The_same_word_in_a_comment_a_string_or_a_longer_name_is_not(string body)
        => Assert.Empty(WordRule.Deterministic.Check(Sample(body)));

    [Fact]
    public void Opening_a_file_is_found_in_a_codec()
        => Assert.Single(WordRule.NoInputOrOutput.Check(Sample("File.OpenRead(path);")));

    [Fact]
    public void A_stream_is_found_outside_compression()
        => Assert.Single(WordRule.NoStreams.Check(Sample("var x = new MemoryStream();")));

    private static IEnumerable<CSharpFile> Under(string folder)
        => RepositoryTree.CSharpFiles.Where(file => file.Path.StartsWith(folder, StringComparison.Ordinal));

    private static CSharpFile Sample(string body)
        => CSharpFile.Parse("Sample.cs", Body.Replace("BODY", body + "\n", StringComparison.Ordinal));
}
