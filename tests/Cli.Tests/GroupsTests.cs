using System.Text.Json;

namespace OrleansStream.Cli.Tests;

public sealed class GroupsTests(RunningSilo silo) : IClassFixture<RunningSilo>
{
    [Fact]
    public async Task A_group_goes_on_where_it_was_and_can_be_set_back_and_deleted()
    {
        await FillAsync("shared");
        Assert.Equal(4, Lines(await silo.SucceedAsync("consume", "shared", "-g", "team", "-n", "4")).Length);
        Assert.Equal(6, await LagAsync("team"));
        Assert.Equal(6, Lines(await silo.SucceedAsync("consume", "shared", "-g", "team")).Length);
        Assert.Equal(0, await LagAsync("team"));

        await silo.SucceedAsync("groups", "reset", "team", "--to", "beginning", "--dry-run");
        Assert.Equal(0, await LagAsync("team"));
        await silo.SucceedAsync("groups", "reset", "team", "--to", "beginning");
        Assert.Equal(10, await LagAsync("team"));

        Assert.Contains("team", await silo.SucceedAsync("groups", "list"), StringComparison.Ordinal);
        await silo.SucceedAsync("groups", "delete", "team");
        Assert.DoesNotContain("team", await silo.SucceedAsync("groups", "list"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_member_that_is_stopped_commits_what_it_printed()
    {
        await FillAsync("stopped");
        using var stop = new CancellationTokenSource();
        using var output = new Counting(10, stop.Cancel);
        using var error = new StringWriter();
        using var terminal = new Terminals.Terminal(Stream.Null, output, error, TimeProvider.System);

        var exitCode = await Ostream.InvokeAsync(
            ["consume", "stopped", "-g", "stopped", "--follow", "-b", silo.Address], terminal, stop.Token);

        Assert.Equal((0, ""), (exitCode, error.ToString()));
        Assert.Equal(0, await LagAsync("stopped"));
    }

    [Fact]
    public async Task A_new_group_begins_where_it_is_told()
    {
        await FillAsync("begun");

        Assert.Equal(
            ["4", "9"], Lines(await silo.SucceedAsync("consume", "begun", "-g", "begun", "--from", "-1")).Order());
        Assert.Empty(Lines(await silo.SucceedAsync("consume", "begun", "-g", "begun-late", "--from", "end")));
    }

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    // The numbers 0 to 4 in one partition, and 5 to 9 in the other.
    private async Task FillAsync(string topic)
    {
        await silo.SucceedAsync("topics", "create", topic, "-p", "2");
        (await silo.FeedAsync("0\n1\n2\n3\n4\n", "produce", topic, "-p", "0")).Succeeded();
        (await silo.FeedAsync("5\n6\n7\n8\n9\n", "produce", topic, "-p", "1")).Succeeded();
    }

    private async Task<long> LagAsync(string group)
    {
        using var document = JsonDocument.Parse(await silo.SucceedAsync("groups", "describe", group, "--json"));
        return document.RootElement.GetProperty("lag").GetInt64();
    }

    /// <summary>Calls back once so many lines were written.</summary>
    private sealed class Counting(int lineCount, Action reached) : MemoryStream
    {
        private int _lines;

        public override async ValueTask WriteAsync(
            ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            _lines += buffer.Span.Count((byte)'\n');
            if (_lines >= lineCount)
            {
                reached();
            }

            await base.WriteAsync(buffer, CancellationToken.None);
        }
    }
}
