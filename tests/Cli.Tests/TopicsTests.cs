using System.Text.Json;

namespace OrleansStream.Cli.Tests;

public sealed class TopicsTests(RunningSilo silo) : IClassFixture<RunningSilo>
{
    [Fact]
    public async Task A_topic_is_created_listed_described_changed_and_deleted()
    {
        await silo.SucceedAsync("topics", "create", "life", "-p", "3", "-c", "retention.ms=3600000");
        Assert.Contains("life", await silo.SucceedAsync("topics", "list"), StringComparison.Ordinal);

        await silo.SucceedAsync("topics", "alter", "life", "--partitions", "4", "-c", "segment.bytes=1048576");
        await silo.SucceedAsync("topics", "alter", "life", "--unset", "retention.ms");
        using var described = JsonDocument.Parse(await silo.SucceedAsync("topics", "describe", "life", "--json"));
        var topic = described.RootElement;
        Assert.Equal(4, topic.GetProperty("partitions").GetArrayLength());
        var config = Assert.Single(topic.GetProperty("configs").EnumerateArray());
        Assert.Equal("segment.bytes", config.GetProperty("name").GetString());
        Assert.Equal("1048576", config.GetProperty("value").GetString());

        await silo.SucceedAsync("topics", "delete", "life");
        Assert.DoesNotContain("life", await silo.SucceedAsync("topics", "list"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_cluster_refuses_is_told_in_one_line_with_exit_code_4()
    {
        await silo.SucceedAsync("topics", "create", "twice");
        foreach (var arguments in new string[][]
        {
            ["topics", "create", "twice"],
            ["topics", "create", "bad name!"],
            ["topics", "describe", "nowhere"],
            ["topics", "delete", "nowhere"],
            ["topics", "alter", "twice", "-c", "no.such.config=1"],
            ["consume", "nowhere"],
            ["consume", "twice", "-p", "99"],
            ["groups", "describe", "nobody"],
            ["groups", "reset", "nobody", "--to", "end"],
            ["groups", "delete", "nobody"],
        })
        {
            var outcome = await silo.RunAsync(arguments);
            Assert.True(outcome.ExitCode == 4, $"{string.Join(' ', arguments)}: {outcome.ExitCode} {outcome.Error}");
            Assert.Single(outcome.Error.TrimEnd().Split('\n'));
        }
    }

    [Fact]
    public async Task The_doctor_finds_a_healthy_silo_healthy_and_leaves_nothing_behind()
    {
        var report = await silo.SucceedAsync("doctor");

        Assert.Contains("read back", report, StringComparison.Ordinal);
        Assert.Contains("clock agrees", report, StringComparison.Ordinal);
        Assert.DoesNotContain("ostream-doctor", await silo.SucceedAsync("topics", "list"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_doctor_warns_of_configurations_that_will_hurt()
    {
        await silo.SucceedAsync("topics", "create", "short", "-c", "retention.ms=1000");

        Assert.Contains(
            "warning config: short keeps records for 1000 ms only",
            await silo.SucceedAsync("doctor", "--read-only"),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_benchmark_reads_back_what_it_wrote_and_leaves_nothing_behind()
    {
        using var result = JsonDocument.Parse(await silo.SucceedAsync(
            "bench", "--seconds", "0.5", "--rate", "2000", "--partitions", "2", "--json"));

        var written = result.RootElement.GetProperty("produce").GetProperty("records").GetInt64();
        Assert.InRange(written, 1, 1_001);
        Assert.Equal(written, result.RootElement.GetProperty("consume").GetProperty("records").GetInt64());
        Assert.DoesNotContain("ostream-bench", await silo.SucceedAsync("topics", "list"), StringComparison.Ordinal);
    }
}
