using System.Text.Json;
using OrleansStream.Cli.Terminals;

namespace OrleansStream.Cli.Tests;

public sealed class CommandLineTests
{
    private const string Nobody = "127.0.0.1:1";

    [Theory]
    [InlineData("Required argument 'TOPIC'", "produce")]
    [InlineData("Cannot parse argument 'x' for option '--rate'.", "bench", "--rate", "x")]
    [InlineData("--rate takes", "bench", "--rate", "0")]
    [InlineData("'zstd' not recognized", "produce", "t", "--compression", "zstd")]
    [InlineData("--timeout takes", "doctor", "--timeout", "0")]
    [InlineData("NAME=VALUE", "topics", "create", "t", "--config", "oops")]
    [InlineData("NAME=VALUE", "produce", "t", "--header", "oops")]
    [InlineData("Nothing to change", "topics", "alter", "t")]
    [InlineData("'never' is none of beginning", "consume", "t", "--from", "never")]
    [InlineData("'never' is none of beginning", "groups", "reset", "g", "--to", "never")]
    [InlineData("'a[' is no path", "consume", "t", "--where", "a[")]
    [InlineData("--partition cannot", "consume", "t", "--group", "g", "--partition", "0")]
    [InlineData("--sasl takes --user", "topics", "list", "--sasl", "PLAIN")]
    [InlineData("needs a password", "topics", "list", "--user", "ann")]
    [InlineData("does not name servers", "topics", "list", "--bootstrap", "host:port")]
    [InlineData("There is no option --dry-run.", "topics", "delete", "t", "--dry-run", "-b", Nobody)]
    [InlineData("There is no option -y.", "groups", "delete", "-y", "g", "-b", Nobody)]
    public async Task A_mistake_is_answered_with_a_sentence_and_exit_code_2(string sentence, params string[] arguments)
    {
        var outcome = await Outcome.OfAsync(Stream.Null, arguments);

        Assert.Contains(sentence, outcome.Error, StringComparison.Ordinal);
        Assert.Equal((2, ""), (outcome.ExitCode, outcome.Output));
    }

    [Theory]
    [InlineData("topics", "list")]
    [InlineData("produce", "t")]
    [InlineData("consume", "t")]
    [InlineData("groups", "describe", "g")]
    [InlineData("bench")]
    public async Task Where_nobody_answers_one_line_says_so_and_the_exit_code_is_3(params string[] arguments)
    {
        var outcome = await Outcome.OfAsync(Stream.Null, [.. arguments, "-b", Nobody, "--timeout", "0.2"]);

        Assert.StartsWith($"ostream: No server answers at {Nobody}.", outcome.Error, StringComparison.Ordinal);
        Assert.Single(outcome.Error.TrimEnd().Split('\n'));
        Assert.Equal(3, outcome.ExitCode);
    }

    [Fact]
    public async Task Behind_two_dashes_anything_is_a_name()
    {
        var outcome = await Outcome.OfAsync(
            Stream.Null, ["topics", "delete", "-b", Nobody, "--timeout", "0.2", "--", "--dry-run"]);

        Assert.StartsWith($"ostream: No server answers at {Nobody}.", outcome.Error, StringComparison.Ordinal);
    }

    // As head does when it has seen enough.
    [Theory]
    [InlineData("topics", "--help")]
    [InlineData("completion", "bash")]
    [InlineData("doctor", "-b", Nobody, "--timeout", "0.2")]
    public async Task Whoever_leaves_the_output_ends_it_without_a_word(params string[] arguments)
    {
        using var error = new StringWriter();
        using var terminal = new Terminal(Stream.Null, new PipeWithoutReader(), error, TimeProvider.System);

        Assert.Equal(0, await Ostream.InvokeAsync(arguments, terminal));
        Assert.Equal("", error.ToString());
    }

    [Fact]
    public async Task The_doctor_of_a_dead_cluster_reports_it_as_json_too()
    {
        var outcome = await Outcome.OfAsync(Stream.Null, ["doctor", "--json", "-b", Nobody, "--timeout", "0.2"]);

        using var report = JsonDocument.Parse(outcome.Output);
        Assert.False(report.RootElement.GetProperty("healthy").GetBoolean());
        Assert.Equal("broken", report.RootElement.GetProperty("findings")[0].GetProperty("verdict").GetString());
        Assert.Equal(1, outcome.ExitCode);
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_named()
    {
        var outcome = await Outcome.OfAsync(Stream.Null, ["produce", "t", "/no/such/file"]);

        Assert.Contains("/no/such/file", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(5, outcome.ExitCode);
    }

    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("fish")]
    [InlineData("pwsh")]
    public async Task Each_shell_has_a_script_that_asks_for_suggestions(string shell)
        => Assert.Contains(
            "[suggest:",
            (await Outcome.OfAsync(Stream.Null, ["completion", shell])).Succeeded(),
            StringComparison.Ordinal);

    [Fact]
    public async Task Suggestions_are_what_could_come_next()
    {
        var verbs = (await Outcome.OfAsync(Stream.Null, ["[suggest:15]", "ostream topics "])).Succeeded().Split('\n');

        Assert.Superset(new HashSet<string> { "create", "describe" }, verbs.ToHashSet());
        Assert.DoesNotContain("produce", verbs);
        var codecs = (await Outcome.OfAsync(Stream.Null, ["[suggest:22]", "ostream produce t -z gz"])).Succeeded();
        Assert.Equal("gzip", codecs.Trim());
    }

    private sealed class PipeWithoutReader : MemoryStream
    {
        private const int BrokenPipe = 32;

        public override void Write(ReadOnlySpan<byte> buffer) => throw new IOException("Broken pipe", BrokenPipe);

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));
    }
}
