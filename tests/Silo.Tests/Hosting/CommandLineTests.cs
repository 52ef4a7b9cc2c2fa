using OrleansStream.Silo.Hosting;

namespace OrleansStream.Silo.Tests.Hosting;

public sealed class CommandLineTests
{
    [Fact]
    public async Task Options_become_the_settings_they_stand_for()
    {
        var run = await InvokeAsync(
            "--data", "d", "--kafka-port", "1", "--http-port", "2", "--bind", "0.0.0.0", "--engine", "embedded",
            "--storage", "memory", "--journal-sync", "os", "--set", "gateways:kafka:maxinflight=7");

        Assert.Equal(42, run.ExitCode);
        Assert.Equal(
            new Dictionary<string, string?>
            {
                ["Silo:Data"] = "d",
                ["Gateways:Kafka:Port"] = "1",
                ["Http:Port"] = "2",
                ["Silo:Bind"] = "0.0.0.0",
                ["Silo:Engine"] = "embedded",
                ["Silo:Storage"] = "memory",
                ["Silo:JournalSync"] = "os",
                ["gateways:kafka:maxinflight"] = "7",
            },
            run.Settings);
    }

    [Fact]
    public async Task Without_options_nothing_is_set()
        => Assert.Empty((await InvokeAsync()).Settings!);

    [Fact]
    public async Task Help_names_every_setting_with_its_meaning()
    {
        var run = await InvokeAsync("--help");

        Assert.Equal(0, run.ExitCode);
        Assert.Null(run.Settings);
        var lines = run.Output.Split('\n');
        foreach (var setting in Settings.All)
        {
            var line = Array.FindIndex(lines, line => line.StartsWith($"  {setting.Key} [", StringComparison.Ordinal));
            Assert.True(line >= 0, $"{setting.Key} is missing.");
            Assert.True(lines[line + 1].Trim().Length > 10, $"{setting.Key} is not explained.");
        }

        foreach (var option in Settings.Switches)
        {
            Assert.Contains($"  {option.Name} <{option.ValueName}>", run.Output, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("--kafka-prot", "--kafka-prot", "1")]
    [InlineData("--data", "--data")]
    [InlineData("extra", "extra")]
    [InlineData("Kafka:Port", "--set", "Kafka:Port=1")]
    [InlineData("SETTING=VALUE", "--set", "Silo:Data")]
    public async Task A_mistake_is_named(string named, params string[] arguments)
    {
        var run = await InvokeAsync(arguments);

        Assert.Equal(1, run.ExitCode);
        Assert.Null(run.Settings);
        Assert.Contains(named, run.Error, StringComparison.Ordinal);
    }

    private static async Task<Run> InvokeAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        IReadOnlyDictionary<string, string?>? settings = null;
        var exitCode = await CommandLine.InvokeAsync(
            arguments,
            given =>
            {
                settings = given;
                return Task.FromResult(42);
            },
            output,
            error);
        return new Run(exitCode, settings, output.ToString(), error.ToString());
    }

    private sealed record Run(
        int ExitCode, IReadOnlyDictionary<string, string?>? Settings, string Output, string Error);
}
